/** What of git's own variables a user may have set for good reasons: how to get out, and whom to trust. */
const KEPT =
  /^GIT_(EXEC_PATH|SSH|SSH_COMMAND|SSH_VARIANT|SSL_\w+|PROXY_\w+|CONFIG_GLOBAL|HTTP_\w+)$/;
/** Where this process itself was run from, its own secrets, and what would steer the programs to another place. */
const DROPPED =
  /^(GIT_|RECOVERY_|XSTATE_RECOVERY_|npm_(lifecycle|package|command|execpath|node)|INIT_CWD$|LC_|LANGUAGE$|PYTHON(PATH|HOME)$|PIP_(TARGET|PREFIX|USER)$)/;

/** This process's environment, without what is not for the programs; they speak English, so that they are understood. */
export function cleanEnvironment(
  added: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return { ...chosen(name => !DROPPED.test(name) || KEPT.test(name)), LC_ALL: 'C', ...added };
}

/** Who and where one is, and what the system wants. */
const SYSTEM =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|TZ|TERM|TMPDIR|TMP|TEMP|XDG_\w+|LD_LIBRARY_PATH|DYLD_\w+|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|OS|USERNAME|USERPROFILE|HOMEDRIVE|HOMEPATH|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES.*|COMMONPROGRAMFILES.*|PROCESSOR_\w+|NUMBER_OF_PROCESSORS)$/i;
/** How to get out, and whom to trust. */
const NETWORK =
  /^(https?_proxy|no_?proxy|all_proxy|proxy|(nix_)?ssl_cert_(file|dir)|node_(options|extra_ca_certs|use_env_proxy|use_system_ca|tls_reject_unauthorized)|ssh_(auth_sock|agent_pid)|dbus_session_bus_address)$/i;
/** Where programs look that stand in for npm and choose a version of it. */
const CHOOSERS =
  /^(nvm_(dir|bin)|volta_home|asdf_(dir|data_dir)|nodenv_(root|version)|n_prefix|mise_(data|config)_dir|corepack_\w+)$/i;
/** npm's own settings, but for keys. */
const SETTING = /^npm_config_(?!\/|.*(auth|password|token|otp))/i;
/** Settings that are decided here. */
const DECIDED = /^npm_config_(git|ignore[_-]scripts|global|location|node[_-]options)$/i;
/** What people call the token that their `~/.npmrc` names. */
const TOKENS = ['NPM_TOKEN', 'NODE_AUTH_TOKEN'];
/**
 * Options of Node.js for what npm starts, not for npm itself; and without scripts that is only another npm, which prepares a package from git, and goes by
 * the `.npmrc` of that package while it has the user's keys. What it prepares is for scripts: so it ends before it begins.
 */
const NO_OTHER_NPM = '--import=data:text/javascript,process.exit()';

/**
 * The environment of an npm that runs nothing of a repository. It has what npm needs, and no more.
 * @param git the program for git
 * @param also names of further variables
 */
export function npmEnvironment(git: string, also: readonly string[]): Record<string, string> {
  const needed = (name: string) =>
    SYSTEM.test(name) ||
    NETWORK.test(name) ||
    CHOOSERS.test(name) ||
    KEPT.test(name) ||
    (SETTING.test(name) && !DECIDED.test(name)) ||
    TOKENS.includes(name) ||
    also.includes(name);
  return {
    ...chosen(needed),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    npm_config_git: git,
    npm_config_ignore_scripts: 'true',
    npm_config_global: 'false',
    npm_config_location: 'project',
    npm_config_node_options: NO_OTHER_NPM,
    // Where npm is Corepack's, a repository could choose another one.
    COREPACK_ENABLE_PROJECT_SPEC: '0',
    COREPACK_ENV_FILE: '0',
  };
}

function chosen(wanted: (name: string) => boolean): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && wanted(name)) env[name] = value;
  }
  return env;
}
