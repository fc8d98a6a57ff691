import type { Group } from '../breakage.ts';

const CARRY = 'installations/carry-over';
const NAMES = 'installations/names';
const READING = 'operations/download-reading';

export const launcher: Group = {
  part: 'downloads, installations and projects',
  wider: 'services/operations/(download|installations|projects)',
  breakages: [
    {
      file: 'services/operations/installations/place.ts',
      find: "= '.disabled';",
      replace: "= '.hidden';",
      what: 'ComfyUI loads a node that is half made',
      tests: NAMES,
    },
    {
      file: 'services/operations/installations/staging.ts',
      find: 'await adopt(place.former.staging, place.staging);',
      replace: '',
      what: 'what an earlier release has prepared is made again',
      tests: NAMES,
    },
    {
      file: 'services/operations/installations/carry-over.ts',
      find: 'if (known !== undefined && !this.#changed.has(path))',
      replace: 'if (false)',
      what: 'files that only the old version had come along',
      tests: CARRY,
    },
    {
      file: 'services/operations/installations/carry-over.ts',
      find: "if (there === 'folder' || !unchanged)",
      replace: "if (there === 'folder')",
      what: 'an old change takes the place of a file of the new version',
      tests: CARRY,
    },
    {
      file: 'services/operations/installations/carry-over.ts',
      find: '|| this.#ours.has(path)',
      replace: '',
      what: 'what a program writes while an update tries again is lost',
      tests: CARRY,
    },
    {
      file: 'services/operations/installations/carry-over.ts',
      find: 'for (let number = 2; taken.includes(free); number += 1)',
      replace: 'for (let number = 2; false; number += 1)',
      what: 'what was kept once is lost when something is kept again',
      tests: CARRY,
    },
    {
      file: 'services/operations/installations/own-file.ts',
      find: "if (kind === 'other')",
      replace: 'if (false)',
      what: 'a link of the new version leads files of others out of it',
      tests: CARRY,
    },
    {
      file: 'services/operations/installations/own-file.ts',
      find: 'there.size >= LARGE',
      replace: 'there.size >= 0',
      what: 'what is written into the new version before the swap is in the old one too',
      tests: CARRY,
    },
    {
      file: 'services/operations/installations/git.ts',
      find: 'of await this.changed(inner, id)',
      replace: 'of []',
      what: 'changes in submodules are lost',
      tests: CARRY,
    },
    {
      file: 'adapters/cli/credentials.ts',
      find: 'delete env[variable];',
      replace: '',
      what: 'every program that an installation runs gets the tokens of the command line',
      tests: 'cli/credentials',
    },
    {
      file: 'adapters/cli/credentials.ts',
      find: 'known.host === host)',
      replace: 'known.host !== null)',
      what: 'a token goes to another server than it is for',
      tests: 'cli/credentials',
    },
    {
      file: 'adapters/cli/credentials.ts',
      find: 'path === undefined',
      replace: 'true',
      what: 'an operation whose token nobody has said again is begun and fails',
      tests: 'cli/credentials',
    },
    {
      file: 'services/operations/projects/staging.ts',
      find: 'await rename(folder, trash);',
      replace: '',
      what: 'a project outlives the operation that made it and was cancelled',
      tests: 'operations/projects-crash',
    },
    {
      file: 'services/operations/projects/staging.ts',
      find: ' || manifest.operation !== operationId) return;',
      replace: ') return;',
      what: "an undo takes another operation's project",
      tests: 'operations/projects-crash',
    },
    {
      file: 'services/operations/projects/needs.ts',
      find: '[...workflow.graphs, ...workflow.groups.values()]',
      replace: 'workflow.graphs',
      what: 'nobody gets what group nodes need',
      tests: 'operations/projects-needs',
    },
    {
      file: 'services/operations/download/reading.ts',
      find: 'this.#raw?.holds === true ||',
      replace: '',
      what: 'what a download still needs is read over',
      tests: READING,
    },
    {
      file: 'services/operations/download/request.ts',
      find: '(this.#raw.left > 0 || this.#paused)',
      replace: '(this.#raw.left > 0)',
      what: 'a connection is free while the last bytes of its body are still needed',
      tests: READING,
    },
    {
      file: 'services/operations/download/known-length.ts',
      find: '|| ODD.test(head)',
      replace: '',
      what: 'a length is believed that the parser may read in another way',
      tests: READING,
    },
  ],
};
