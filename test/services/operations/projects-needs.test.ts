import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needsOf } from '../../../services/operations/projects/needs.ts';
import { readWorkflow } from '../../../services/operations/projects/workflow.ts';
import { type Fixture, fixtureText } from './projects-fixture.ts';

const test = suite('projects: what workflows need');

/** Folder and name of each model, and the class types that are not ComfyUI's. */
const EXPECTED: Readonly<Record<Fixture, { models: string[]; nodes: string[] }>> = {
  'sd15-lora.api.json': {
    models: [
      'checkpoints v1-5-pruned-emaonly.safetensors',
      'loras styles/watercolour_v2.safetensors',
      'vae vae-ft-mse-840000-ema-pruned.ckpt',
    ],
    nodes: [],
  },
  'sdxl-refiner.ui.json': {
    models: [
      'checkpoints sd_xl_base_1.0.safetensors',
      'checkpoints sd_xl_refiner_1.0.safetensors',
      'loras SDXL/sdxl_offset_example.safetensors',
      'loras detail-tweaker-xl.safetensors',
    ],
    nodes: [],
  },
  'upscaler.api.json': {
    models: ['checkpoints sd_xl_base_1.0.safetensors', 'upscale_models 4x-UltraSharp.pth'],
    nodes: ['UltimateSDUpscale'],
  },
  'controlnet.ui.json': {
    models: [
      '? dw-ll_ucoco_384.onnx',
      '? yolox_l.onnx',
      'checkpoints dreamshaper_8.safetensors',
      'controlnet control_v11p_sd15_openpose_fp16.safetensors',
    ],
    nodes: ['DWPreprocessor'],
  },
  'flux-dual-clip.ui.json': {
    models: [
      'diffusion_models flux1-dev.safetensors',
      'text_encoders clip_l.safetensors',
      'text_encoders t5xxl_fp16.safetensors',
      'vae ae.safetensors',
    ],
    nodes: [],
  },
  'video-wan.ui.json': {
    models: [
      'diffusion_models WanVideo/Wan2_1-T2V-14B_fp8_e4m3fn.safetensors',
      'loras Wan21_CausVid_14B_T2V_lora_rank32.safetensors',
      'loras fox-style.safetensors',
      'text_encoders umt5-xxl-enc-bf16.safetensors',
      'vae wanvideo/Wan2_1_VAE_bf16.safetensors',
    ],
    nodes: [
      'LoadWanVideoT5TextEncoder',
      'Power Lora Loader (rgthree)',
      'VHS_VideoCombine',
      'WanVideoDecode',
      'WanVideoEmptyEmbeds',
      'WanVideoLoraSelect',
      'WanVideoModelLoader',
      'WanVideoSampler',
      'WanVideoTextEncode',
      'WanVideoVAELoader',
    ],
  },
  'subgraphs.ui.json': {
    models: [
      'diffusion_models qwen_image_distill_full_fp8.safetensors',
      'diffusion_models qwen_image_fp8_e4m3fn.safetensors',
      'text_encoders qwen_2.5_vl_7b_fp8_scaled.safetensors',
      'vae qwen_image_vae.safetensors',
    ],
    nodes: ['ShowText|pysssss'],
  },
  'group-nodes.ui.json': {
    models: [
      'checkpoints realisticVisionV60B1.safetensors',
      'checkpoints v1-5-pruned-emaonly.safetensors',
    ],
    nodes: [],
  },
};

for (const [name, expected] of Object.entries(EXPECTED)) {
  test(`finds the models and nodes of ${name}, and nothing else`, async () => {
    const { models, nodes } = needsOf(readWorkflow(await fixtureText(name as Fixture)), new Set());

    assert.equal(
      models.map(({ folder = '?', name: model }) => `${folder} ${model}`).sort(),
      expected.models,
    );
    assert.equal(nodes.map(({ type }) => type).sort(), expected.nodes);
  });
}

test('tells where each is, and what the workflow says of its source', async () => {
  const controlnet = needsOf(readWorkflow(await fixtureText('controlnet.ui.json')), new Set());
  const model = controlnet.models.find(({ folder }) => folder === 'controlnet');
  assert.equal(model?.pointers, ['/nodes/3/properties/models/0', '/nodes/3/widgets_values/0']);
  assert.match(model?.url ?? '', /^https:\/\/huggingface\.co\/comfyanonymous/);
  assert.is(model?.sha256?.length, 64);
  assert.equal(controlnet.nodes[0]?.pointers, ['/nodes/2/type']);
  assert.is(controlnet.nodes[0]?.pack.registry, 'comfyui_controlnet_aux');

  const video = needsOf(readWorkflow(await fixtureText('video-wan.ui.json')), new Set());
  const combine = video.nodes.find(({ type }) => type === 'VHS_VideoCombine');
  assert.is(combine?.pack.github, 'Kosinkadink/ComfyUI-VideoHelperSuite');
});

test('lets a catalogue say what comes with ComfyUI', async () => {
  const workflow = readWorkflow(await fixtureText('upscaler.api.json'));
  assert.equal(needsOf(workflow, new Set(['UltimateSDUpscale'])).nodes, []);
});

test('counts what is in group nodes and subgraphs, however deep', () => {
  const part = (type: string, file: string) => [
    { id: 1, type, widgets_values: [file] },
    { id: 2, type: `Unknown${type}` },
  ];
  const definitions = {
    subgraphs: [
      {
        id: 'outer',
        nodes: [{ id: 1, type: 'inner' }, ...part('VAELoader', 'outer.pt').slice(1)],
        links: [],
        definitions: {
          subgraphs: [{ id: 'inner', nodes: part('VAELoader', 'inner.pt'), links: [] }],
        },
      },
    ],
  };
  const groupNodes = {
    a: { nodes: [{ type: 'workflow>b' }, { type: 'outer' }] },
    b: { nodes: part('LoraLoader', 'group.safetensors') },
  };
  const file = {
    nodes: [{ id: 1, type: 'workflow>a' }],
    links: [],
    definitions,
    extra: { groupNodes },
  };

  const { models, nodes } = needsOf(readWorkflow(JSON.stringify(file)), new Set());

  assert.equal(
    models.map(({ folder, name, pointers }) => [folder, name, pointers]),
    [
      [
        'vae',
        'inner.pt',
        ['/definitions/subgraphs/0/definitions/subgraphs/0/nodes/0/widgets_values/0'],
      ],
      ['loras', 'group.safetensors', ['/extra/groupNodes/b/nodes/0/widgets_values/0']],
    ],
  );
  assert.equal(
    nodes.map(({ type }) => type),
    ['UnknownVAELoader', 'UnknownLoraLoader'],
  );
});

test("knows the folder of a subgraph's own input by its name, and what a node declares by the end of a path", () => {
  const file = {
    nodes: [
      {
        id: 1,
        type: 'sub',
        properties: {
          proxyWidgets: [
            ['-1', 'unet_name'],
            ['-1', 'vae_name'],
            ['7', 'ckpt_name'],
          ],
        },
        widgets_values: ['new-unet.safetensors', 'new-vae.pt', 'inner.ckpt'],
      },
      {
        id: 2,
        type: 'Unknown',
        properties: { models: [{ name: 'deep/a.pt', directory: 'others' }] },
        widgets_values: ['very/deep/a.pt', 'not-deep/b.pt'],
      },
    ],
    links: [],
    definitions: {
      subgraphs: [
        {
          id: 'sub',
          nodes: [
            { id: 5, type: 'UNETLoader', widgets_values: ['unet.safetensors', 'default'] },
            { id: 6, type: 'VAELoader', widgets_values: ['vae.pt'] },
            { id: 7, type: 'CheckpointLoaderSimple', widgets_values: ['inner.ckpt'] },
          ],
          links: [],
        },
      ],
    },
  };

  const { models } = needsOf(readWorkflow(JSON.stringify(file)), new Set());

  assert.equal(
    models.map(({ folder, name }) => `${folder} ${name}`),
    [
      'diffusion_models new-unet.safetensors',
      'vae new-vae.pt',
      'checkpoints inner.ckpt',
      'others deep/a.pt',
      'others very/deep/a.pt',
      'diffusion_models unet.safetensors',
      'vae vae.pt',
      'undefined not-deep/b.pt',
    ],
  );
});

test('knows the nodes that ComfyUI brings, also those with a space, of services, and newer loaders', () => {
  const types = [
    ...['KSampler', 'Epsilon Scaling', 'KlingTextToVideoNode', 'LTXVSeparateAVLatent'],
    ...['BatchImagesNode', 'ZImageFunControlnet', 'PairConditioningCombine', 'MarkdownNote'],
  ];
  const file = {
    nodes: [
      ...types.map((type, id) => ({ id, type })),
      { id: 100, type: 'LTXVAudioVAELoader', widgets_values: ['ltx-2.safetensors'] },
      {
        id: 101,
        type: 'LTXAVTextEncoderLoader',
        widgets_values: ['gemma.safetensors', 'ltx-2.safetensors', 'default'],
      },
      { id: 102, type: 'EpsilonScaling' },
    ],
    links: [],
  };

  const { models, nodes } = needsOf(readWorkflow(JSON.stringify(file)), new Set());

  assert.equal(
    nodes.map(({ type }) => type),
    ['EpsilonScaling'],
    'the class, not the node',
  );
  assert.equal(models.map(({ folder, name }) => `${folder} ${name}`).sort(), [
    'checkpoints ltx-2.safetensors',
    'text_encoders gemma.safetensors',
  ]);
});

test.run();
