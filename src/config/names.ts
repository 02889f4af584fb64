import { fault, ok, quote, type Outcome } from './outcome.ts';

/** As Compose does: lower case, only letters, digits, `-` and `_`, beginning with a letter or digit. May be empty. */
export function projectName(text: string): string {
  const kept = text.toLowerCase().replace(/[^a-z0-9_-]/g, '');
  // File names are made from it, and they have room for 255 bytes.
  return kept.replace(/^[_-]+/, '').slice(0, 63);
}

/** What the schema says of the keys of `vms`. */
export function checkMachine(name: string): Outcome<string> {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(name)) return ok(name);
  return fault(`${quote(name)} is not a name for a machine`, MACHINE_NAME);
}

export const MACHINE_NAME = 'Letters, digits, `-` and `_`, a letter or digit first, at most 63 characters.';

/** The machine's name as systemd accepts it. */
export function hostName(name: string): string {
  return name
    .replaceAll('_', '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
}

/** Users that a Debian system has, or that its packages make. */
const SYSTEM_USERS = new Set(
  (
    'root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats nobody _apt messagebus ' +
    'sshd polkitd uuidd tcpdump dnsmasq avahi rtkit pulse kvm audio video sudo users staff operator shadow utmp render ' +
    'input sgx netdev tty disk dialout plugdev cdrom floppy tape adm src'
  ).split(' '),
);

/** A user of the guest: what useradd accepts, and no name that the system has for itself. */
export function checkUser(name: string): Outcome<string> {
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(name)) {
    return fault(
      `${quote(name)} is not a user name`,
      'Lower case letters, digits, `-` and `_`; at most 32; no digit or `-` first.',
    );
  }
  if (SYSTEM_USERS.has(name) || name.startsWith('systemd-')) {
    return fault(
      `${quote(name)} is a name of the system's own`,
      'Choose another, such as dev. Every user may use sudo.',
    );
  }
  return ok(name);
}

/** A package of nixpkgs: the name of an attribute, or a path of them. */
export function checkNixPackage(name: string): Outcome<string> {
  if (/^[A-Za-z_][A-Za-z0-9_'-]*(\.[A-Za-z_][A-Za-z0-9_'-]*)*$/.test(name) && name.length <= 100) return ok(name);
  return fault(
    `${quote(name)} is not the name of a package of nixpkgs`,
    'An attribute such as ripgrep, nodejs_22 or python3Packages.requests.',
  );
}

/** A package of Debian's. */
export function checkPackage(name: string): Outcome<string> {
  if (/^[a-z0-9][a-z0-9+.-]+$/.test(name) && name.length <= 100) return ok(name);
  return fault(
    `${quote(name)} is not the name of a Debian package`,
    'Lower case letters, digits, `+`, `-` and `.`, such as ripgrep or g++. Versions cannot be chosen here.',
  );
}
