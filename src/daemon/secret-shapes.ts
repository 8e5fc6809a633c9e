/**
 * Whether a variable of an environment looks like a secret, by its name or by the shape of its value. Rather one too many
 * is masked than one too few, but what stands in every environment (PATH, LS_COLORS, the session's names) is not.
 */
export function looksSecret(name: string, value: string | Uint8Array): boolean {
  const text = typeof value === 'string' ? value : Buffer.from(value).toString('latin1');
  if (saysNothing.test(text) || counts(name, text)) return false;
  return (
    (namesSecret(name) && !pointsElsewhere(name, text)) ||
    secretShapes.some(({ shape }) => shape.test(text)) ||
    (!namesFingerprint.test(name) && looksRandom(text))
  );
}

/** A switch or a number of one digit gives nothing away, whatever its name. */
const saysNothing = /^(?:|\d|true|false|yes|no|on|off|none|null)$/i;

/** `MAX_TOKENS=4096` is a number of something and no password. */
function counts(name: string, value: string): boolean {
  return /^\d{1,9}$/.test(value) && /max|min|num|limit|count|size|length|ttl|timeout|expir|port/i.test(name);
}

/** Anywhere in a name, however it is written: `PGPASSWORD`, `apiKey`, `client_secret`. */
const secretInName =
  /passw(?:or)?d|passphrase|secret|credential|api[_-]?key|access[_-]?key|private[_-]?key|tokens?$|(?:^|[_.-])tokens?[_.-]/i;

/** As a word of a name: `SSH_KEY` but not `KEYBOARD`, `MYSQL_PWD` but not `PWD`. */
const secretWords = new Set([
  'auth',
  'authorization',
  'bearer',
  'cookie',
  'cookies',
  'creds',
  'dsn',
  'jwt',
  'key',
  'keys',
  'pass',
  'private',
  'pwd',
  'salt',
  'session',
  'token',
  'tokens',
]);

/** What desktops, terminals and shells put into every environment, and what is no secret though its name sounds so. */
const harmlessNames =
  /^(?:PWD|OLDPWD|INIT_CWD|SSH_AUTH_SOCK|XAUTHORITY|(?:XDG|GDM|DESKTOP|GNOME|KDE|TERM|ITERM|WT|SHELL|TMUX|ZELLIJ|BYOBU)_?SESSION(?:_.*)?|(?:DBUS_)?SESSION_(?:MANAGER|BUS_.*)|SESSIONNAME|DBUS_SESSION_BUS_ADDRESS|GNOME_KEYRING_.*|TOKENIZERS_PARALLELISM)$/i;

/** Numbers that are random and told to everybody: commits, sums, identifiers. */
const namesFingerprint = /(?:^|[_.-])(?:sha\d*|commit|rev|revision|hash|digest|checksum|u?uid|guid|ref|id)$/i;

function namesSecret(name: string): boolean {
  if (harmlessNames.test(name)) return false;
  if (secretInName.test(name)) return true;
  const words = name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z\d]+/);
  return words.some((word) => secretWords.has(word));
}

/** `SSH_KEY_FILE=/home/you/.ssh/id` names the place of a secret and not the secret. */
function pointsElsewhere(name: string, value: string): boolean {
  return /(?:file|path|dir|folder|home|sock|socket|command|cmd)$/i.test(name) && /^[~./]/.test(value);
}

/**
 * What is known of the shapes of secrets, from what those who issue them say. What is followed by something else has a
 * longest length: a value of 128 KiB is looked at from each of its places, and the daemon does nothing else meanwhile.
 */
const secretShapes: readonly { readonly of: string; readonly shape: RegExp }[] = [
  { of: 'GitHub: personal, OAuth, user, server and refresh tokens', shape: /\bgh[pousr]_\w{20,}/ },
  { of: 'GitHub: tokens with chosen rights', shape: /\bgithub_pat_\w{20,}/ },
  {
    of: 'GitLab: personal, deploy, runner, trigger tokens',
    shape: /\bgl(?:pat|dt|rt|ptt|cbt|soat|ft|agent)-[\w-]{16,}/,
  },
  { of: 'OpenAI, Anthropic and those who took after them', shape: /\bsk-[\w-]{16,}/ },
  { of: 'Stripe: secret and restricted keys', shape: /\b[rs]k_(?:live|test|prod)_\w{10,}/ },
  { of: 'Stripe: webhook secrets', shape: /\bwhsec_\w{16,}/ },
  { of: 'AWS: identifiers of keys', shape: /\b(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z\d])[A-Z\d]{12,}/ },
  { of: 'Google: API keys', shape: /\bAIza[\w-]{30,}/ },
  { of: 'Google: OAuth tokens and client secrets', shape: /\b(?:ya29\.|GOCSPX-)[\w-]{16,}/ },
  { of: 'Slack: tokens of bots, users, apps', shape: /\bx(?:ox[a-z]|app)-[\w-]{8,}/ },
  { of: 'Slack and Discord: webhooks', shape: /hooks\.slack\.com\/\w+\/|discord(?:app)?\.com\/api\/webhooks\// },
  { of: 'npm: access tokens', shape: /\bnpm_[A-Za-z\d]{30,}/ },
  { of: 'PyPI: upload tokens', shape: /\bpypi-[\w-]{16,}/ },
  { of: 'Docker Hub: access tokens', shape: /\bdckr_(?:pat|oat)_[\w-]{16,}/ },
  { of: 'Hugging Face: access tokens', shape: /\bhf_[A-Za-z]{20,}/ },
  { of: 'DigitalOcean: tokens', shape: /\bdo[opr]_v1_[a-f\d]{32,}/ },
  { of: 'HashiCorp Vault: tokens', shape: /\bhv[sbr]\.[\w-]{16,}/ },
  { of: 'SendGrid: API keys', shape: /\bSG\.[\w-]{10,100}\.[\w-]{10}/ },
  { of: 'Shopify: access tokens', shape: /\bshp(?:at|ca|pa|ss)_[a-fA-F\d]{24,}/ },
  { of: 'Telegram: tokens of bots', shape: /\b\d{6,12}:[\w-]{32,}/ },
  { of: 'Databricks: tokens', shape: /\bdapi[a-f\d]{32}/ },
  {
    of: 'Grafana, Linear, Tailscale, Pulumi, Figma, NVIDIA, Groq',
    shape: /\b(?:gls?a_|glc_|lin_api_|tskey-|pul-|figd_|nvapi-|gsk_)[\w-]{16,}/,
  },
  { of: 'Atlassian: API tokens', shape: /\bATATT3[\w=-]{16,}/ },
  { of: 'age: secret keys', shape: /\bAGE-SECRET-KEY-1/ },
  { of: 'Azure: keys in connection strings', shape: /\b(?:AccountKey|SharedAccessKey|SharedAccessSignature)=/i },
  { of: 'JSON Web Tokens', shape: /\beyJ[\w-]{8,1000}\.[\w-]{8}/ },
  { of: 'PEM: private keys', shape: /-----BEGIN [A-Z ]*PRIVATE KEY/ },
  { of: 'HTTP: the header that logs in', shape: /\b(?:bearer|basic)\s+[\w+/=.~-]{12,}/i },
  { of: 'addresses with a password', shape: /\b[a-z][a-z\d+.-]{0,30}:\/\/[^\s/:@?#]*:[^\s/@]+@/i },
  {
    of: 'a password among settings',
    shape: /(?:^|[;,&?\s])(?:password|passwd|pwd|secret|token|api[_-]?key)=[^;,&\s]+/i,
  },
];

/** It identifies; where one is a key, its name says so. */
const uuid = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;

/** A value of at least so many characters can be random; the bits of each in it then show it. */
export const randomCharactersMin = 32;
export const randomBitsMin = 3.8;
export const randomHexBitsMin = 3;
/** Where a letter and a digit stand beside each other so often: words that are joined have hardly a digit between them. */
export const randomTurnsMin = 4;

/** One long word of letters and digits without a sense: no path, no list, no sentence. */
function looksRandom(value: string): boolean {
  if (uuid.test(value)) return false;
  if (value.length < randomCharactersMin || !/^[A-Za-z\d+_-][A-Za-z\d+/_-]*={0,2}$/.test(value)) return false;
  if (/^[a-f\d]+$/i.test(value)) return bitsPerCharacter(value) >= randomHexBitsMin && /\d/.test(value);
  const turns = value.match(/[A-Za-z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0;
  return turns >= randomTurnsMin && bitsPerCharacter(value) >= randomBitsMin;
}

/** Shannon's measure. */
function bitsPerCharacter(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce(
    (bits, count) => bits - (count / value.length) * Math.log2(count / value.length),
    0,
  );
}
