export const loader = (name: string) => ({
  4: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: name } },
});
export const node = (id: number, more: object = {}) => ({ id, type: 'Reroute', ...more });
export const page = (
  nodes: readonly object[],
  links: readonly unknown[] = [],
  more: object = {},
) => ({
  nodes,
  links,
  version: 0.4,
  ...more,
});
const subgraph = (id: string, type: string) => ({ id, nodes: [{ id: 1, type }], links: [] });
const group = (type: string) => ({ nodes: [{ type }] });
const model = (more: object) =>
  page([
    node(1, {
      properties: {
        models: [{ name: 'a.pth', url: 'https://x.test/a', directory: 'vae', ...more }],
      },
    }),
  ]);
const url = '/nodes/0/properties/models/0/url';

/** A file, and where it is wrong with what words. */
export const HOSTILE: readonly (readonly [
  what: string,
  file: unknown,
  pointer: string,
  words: RegExp,
])[] = [
  ['text', 'no JSON', '', /is not JSON/],
  ['a list', '[]', '', /must be an object/],
  ['nothing', '{}', '', /is neither a workflow of the page/],
  ['a number of nodes', { nodes: 5 }, '/nodes', /must be an array/],
  ['a text among nodes', page(['x' as never]), '/nodes/0', /expected object/],
  ['no id', page([{ type: 'Note' }]), '/nodes/0/id', /must be an integer or a text/],
  ['no type', page([{ id: 1 }]), '/nodes/0/type', /must be a text/],
  ['two of one id', page([node(1), node(1)]), '/nodes/1/id', /id of another node/],
  ['a broken link', page([node(1)], [[1, 2, 3]]), '/links/0', /is no link/],
  ['a link to itself', page([node(1)], [[1, 1, 0, 1, 0, '*']]), '/links/0', /cycle: 1 → 1/],
  [
    'a cycle',
    page(
      [node(1), node(2)],
      [
        [1, 1, 0, 2, 0, '*'],
        [2, 2, 0, 1, 0, '*'],
      ],
    ),
    '/links/0',
    /cycle: .* → /,
  ],
  [
    'a cycle of the API',
    {
      1: { class_type: 'Reroute', inputs: { a: ['2', 0] } },
      2: { class_type: 'Reroute', inputs: { a: ['1', 0] } },
    },
    '/1/inputs/a',
    /cycle/,
  ],
  [
    'a link to nowhere',
    { 1: { class_type: 'Reroute', inputs: { a: ['9', 0] } } },
    '/1/inputs/a',
    /not there/,
  ],
  ['no class type', { 1: { class_type: 'Note' }, 2: {} }, '/2/class_type', /expected string/],
  [
    'a subgraph in itself',
    page([node(1)], [], { definitions: { subgraphs: [subgraph('a', 'b'), subgraph('b', 'a')] } }),
    '/definitions/subgraphs/1/nodes/0/type',
    /makes the subgraph "a" contain itself, over the subgraph "b"/,
  ],
  [
    'a group in itself',
    page([node(1)], [], { extra: { groupNodes: { g: { nodes: [{ type: 'workflow>g' }] } } } }),
    '/extra/groupNodes/g/nodes/0/type',
    /makes the group node "g" contain itself$/,
  ],
  [
    'a group in itself, over two others',
    page([node(1)], [], {
      extra: {
        groupNodes: { a: group('workflow>b'), b: group('workflow/c'), c: group('workflow>a') },
      },
    }),
    '/extra/groupNodes/c/nodes/0/type',
    /makes the group node "a" contain itself, over the group node "b", the group node "c"/,
  ],
  [
    'a group in itself, over a subgraph of a subgraph',
    page([node(1, { type: 'workflow>g' })], [], {
      definitions: {
        subgraphs: [
          {
            ...subgraph('outer', 'inner'),
            definitions: { subgraphs: [subgraph('inner', 'workflow>g')] },
          },
        ],
      },
      extra: { groupNodes: { g: group('outer') } },
    }),
    '/definitions/subgraphs/0/definitions/subgraphs/0/nodes/0/type',
    /makes the group node "g" contain itself, over the subgraph "outer", the subgraph "inner"/,
  ],
  [
    'a group that is not there',
    page([node(1, { type: 'workflow/none' })]),
    '/nodes/0/type',
    /group node that is not defined/,
  ],
  ['a way out', loader('../../.bashrc.pth'), '/4/inputs/ckpt_name', /another folder/],
  ['a way out of Windows', loader('..\\..\\a.pth'), '/4/inputs/ckpt_name', /another folder/],
  ['an absolute name', loader('/etc/a.pth'), '/4/inputs/ckpt_name', /must be relative/],
  ['a drive', loader('C:\\a.pth'), '/4/inputs/ckpt_name', /must be relative/],
  ['a stream', loader('a.txt:b.pth'), '/4/inputs/ckpt_name', /not for names/],
  ['NUL', loader('a\0.pth'), '/4/inputs/ckpt_name', /control characters/],
  ['an empty folder', loader('a//b.pth'), '/4/inputs/ckpt_name', /empty name/],
  ['a hidden folder', loader('.git/b.pth'), '/4/inputs/ckpt_name', /dot/],
  ['a device', loader('aux/nul.pth'), '/4/inputs/ckpt_name', /device/],
  [
    'a folder with a dot behind it',
    loader('a./b.pth'),
    '/4/inputs/ckpt_name',
    /must not begin with a space or end/,
  ],
  ['text that turns around', loader('a\u202egnp.pth'), '/4/inputs/ckpt_name', /control characters/],
  [
    'a declared way out',
    model({ name: '../a.pth' }),
    '/nodes/0/properties/models/0/name',
    /another folder/,
  ],
  [
    'a folder that leads out',
    model({ directory: '../custom_nodes' }),
    '/nodes/0/properties/models/0/directory',
    /another folder/,
  ],
  ['a file URL', model({ url: 'file:///etc/passwd' }), url, /http or https URL, got file:/],
  ['a script URL', model({ url: 'javascript:alert(1)' }), url, /http or https/],
  ['credentials', model({ url: 'https://me:secret@x.test/a' }), url, /credentials/],
  ['a shell in a URL', model({ url: 'https://x.test/$(rm -rf)' }), url, /not for URLs/],
  ['a URL that turns around', model({ url: 'https://x.test/a\u202egnp' }), url, /control char/],
  ['half a character in a URL', model({ url: 'https://x.test/\ud800' }), url, /half a character/],
  ['a line break in a URL', model({ url: 'https://x.test/a\nHost: b' }), url, /control characters/],
  ['no URL', model({ url: 'somewhere' }), url, /is no URL/],
  ['the prototype', '{"nodes": [], "__proto__": {"x": 1}}', '/__proto__', /forbidden name/],
  [
    'a constructor',
    { nodes: [node(1, { properties: { constructor: { prototype: {} } } })] },
    '/nodes/0/properties/constructor',
    /forbidden name/,
  ],
  [
    'depth',
    `{"nodes": ${'['.repeat(200)}${']'.repeat(200)}}`,
    `/nodes${'/0'.repeat(63)}`,
    /deeper than 64 levels/,
  ],
  [
    'enormous depth',
    '['.repeat(1_000_000) + ']'.repeat(1_000_000),
    '/0'.repeat(64),
    /deeper than 64/,
  ],
  [
    'many nodes',
    page(Array.from({ length: 10_001 }, (_, id) => node(id))),
    '/nodes',
    /more than 10000 nodes/,
  ],
  [
    'many links',
    page(
      [node(1)],
      Array.from({ length: 100_001 }, () => null),
    ),
    '',
    /more than 100000 links/,
  ],
  [
    'a large file',
    `{"nodes": [], "x": "${'x'.repeat(34_000_000)}"}`,
    '',
    /larger than 33554432 bytes/,
  ],
];
