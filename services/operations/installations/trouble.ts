import type { Trouble } from './errors.ts';

/**
 * What programs say, in the C locale. The first that matches tells; so words that say exactly what happened come before those that only say that
 * something did: pip reports a package as missing when the network was, and git that the other end hung up when it was refused.
 */
const PATTERNS: readonly (readonly [Trouble, RegExp])[] = [
  ['disk', /\bENOSPC\b|\bEDQUOT\b|no space left on device|disk quota exceeded|not enough space/i],
  [
    'permission',
    /\bEACCES\b|\bEPERM\b|\bEROFS\b|permission denied|operation not permitted|read-only file system/i,
  ],
  [
    'permission',
    /authentication failed|could not read (username|password)|terminal prompts disabled|invalid (username|credentials)|host key verification failed|access denied|\bcode (E401|E403|ENEEDAUTH|EOTP)\b/i,
  ],
  ['permission', /returned error: 40[13]\b|\b40[13] (client error|forbidden|unauthorized)/i],
  [
    'permission',
    /ssl certificate problem|certificate verif(y|ication) failed|unable to get local issuer certificate|self.signed certificate|\bcode (UNABLE_TO_|CERT_|DEPTH_ZERO_)/i,
  ],
  [
    'timeout',
    /\bE?SOCKETTIMEDOUT\b|\bETIMEDOUT\b|\bFETCH_TIMEOUT\b|(connection|operation|read|request) timed out|operation too slow|timeout was reached|readtimeouterror/i,
  ],
  [
    'network',
    /could not resolve (host|proxy)|name or service not known|temporary failure in name resolution|nodename nor servname|getaddrinfo|\bENOTFOUND\b|\bEAI_AGAIN\b/i,
  ],
  [
    'network',
    /connection (was )?(reset|refused|aborted|closed|broken)|couldn't connect|failed to connect|empty reply from server|network is unreachable|no route to host|\b(ECONNRESET|ECONNREFUSED|ECONNABORTED|EHOSTUNREACH|ENETUNREACH|EPIPE|ERR_SOCKET)/i,
  ],
  [
    'network',
    /returned error: (408|429|5\d\d)\b|\bHTTP (429|5\d\d)\b|\bcode E(408|429|5\d\d)\b|\b(429|5\d\d) (server error|client error|too many requests|service unavailable|bad gateway)/i,
  ],
  [
    'network',
    /rpc failed|early eof|unexpected disconnect|transfer closed with|gnutls_handshake|ssl_(read|connect|error_syscall)|recv failure|send failure|incompleteread|protocolerror|\bEINTEGRITY\b|remote branch .* moved/i,
  ],
  [
    'refused',
    /repository .*not found|does not appear to be a git repository|couldn't find remote ref|not our ref|unadvertised object|remote ref .* not found|bad object|not a (tree|commit)|unable to read tree|pathspec .* did not match|transport '.*' not allowed|returned error: (400|404|410)\b|unable to find remote helper|dumb http transport|no submodule mapping/i,
  ],
  [
    'refused',
    /\bcode (E404|ERESOLVE|ETARGET|EUSAGE|ENOVERSIONS|EBADENGINE|EBADPLATFORM|EJSONPARSE|EINVALIDPACKAGENAME|EUNSUPPORTEDPROTOCOL|ENOENT|ENOLOCK|E4\d\d)\b/i,
  ],
  [
    'refused',
    /could not find a version|no matching distribution|resolutionimpossible|conflicting dependencies|invalid requirement|do not match the hashes|requires a different python|could not open requirements file|no such option/i,
  ],
  ['network', /remote end hung up|could not read from remote repository/i],
];

/** What kind of trouble the words of a program that has failed tell of. */
export function troubleIn(output: string): Trouble {
  return PATTERNS.find(([, pattern]) => pattern.test(output))?.[0] ?? 'unknown';
}
