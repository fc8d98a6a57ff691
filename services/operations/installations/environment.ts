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
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && (!DROPPED.test(name) || KEPT.test(name))) env[name] = value;
  }
  return { ...env, LC_ALL: 'C', ...added };
}
