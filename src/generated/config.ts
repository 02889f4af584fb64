// Generated from schemas/ai-vm.schema.json by scripts/generate.mjs: do not edit.

/**
 * One virtual machine. Everything has a default, so an empty one is fine.
 */
export type Vm = {
  /**
   * What the machine boots. Without it, the choice is made once, at the first start, and kept. A change means a new disk.
   */
  image?:
    | string
    | {
        /**
         * A flake and its output.
         */
        flake?: string;
        /**
         * NixOS modules to add.
         */
        modules?: string[];
        /**
         * Where the Nix store of the guest comes from.
         */
        store?: 'image' | 'host';
        /**
         * A disk image of your own.
         */
        disk?: string;
      };
  /**
   * Virtual CPUs. Written as a number or as a text such as "2cpu".
   */
  cpus?: number | string;
  /**
   * RAM. A number alone counts GiB. GB and GiB (and MB and MiB) are the same, binary unit: `8`, `8gb`, `8GB`, `8GiB` and `8192MiB` are all 8·2³⁰ bytes.
   */
  memory?: number | string;
  /**
   * Size of the root disk, in the units of `memory`. It is thin: only what the guest writes takes room on the host. It can grow later; to shrink it means a new disk.
   */
  storage?: number | string;
  /**
   * True gives a clean state at every boot: nothing that is written to the root disk survives a restart.
   */
  overlay?: boolean;
  /**
   * A sound card with a line in and a line out. `true` plays through PulseAudio (`pa`). All but `none`, and `wav` without a path, need an approval on this host.
   */
  audio?:
    | boolean
    | {
        /**
         * How the host plays it: `pa` (PulseAudio), `pipewire`, `alsa`, `wav` (into a file) or `none` (a card that nobody hears).
         */
        driver?: 'pa' | 'pipewire' | 'alsa' | 'wav' | 'none';
        /**
         * Where the `wav` driver writes, relative to the file. Without it: `audio.wav` beside the disk.
         */
        path?: string;
      };
  /**
   * A graphical desktop.
   */
  desktop?:
    | boolean
    | {
        /**
         * Width and height in pixels.
         */
        resolution?: string;
      };
  /**
   * Whether the guest may run machines of its own, where the host can do that.
   */
  nested?: boolean;
  /**
   * Directories of the host in the guest: "HOST[:GUEST][:ro|rw]" or an object. A relative path counts from the file, `~` is your home directory. Without a target they are at `/mnt/host-rw/<name>` or `/mnt/host-ro/<name>`; a second one of the same name gets `-2`. The last part decides the mode; without it the guest may write.
   */
  shares?: (
    | string
    | {
        /**
         * Directory on the host.
         */
        path: string;
        /**
         * Absolute path in the guest. System directories are refused.
         */
        target?: string;
        /**
         * `ro`: the guest can only read; the host enforces it.
         */
        mode?: 'rw' | 'ro';
        /**
         * `auto` takes virtiofs where it can be used and 9p otherwise.
         */
        driver?: 'auto' | 'virtiofs' | '9p';
        /**
         * Needed, together with an approval on this host, for system directories, a whole home directory and credential folders.
         */
        allow_sensitive?: boolean;
      }
  )[];
  /**
   * Ports of the host that lead into the guest: "[BIND:][HOST:]GUEST[/tcp|udp]" or an object. They listen on 127.0.0.1 unless an address is given; any other address needs an approval on this host.
   */
  ports?: (
    | number
    | string
    | {
        /**
         * Port on the host. Without it: the guest port.
         */
        host?: number;
        /**
         * Port in the guest. Without it: the host port.
         */
        guest?: number;
        /**
         * IPv4 address on the host.
         */
        bind?: string;
        /**
         * tcp or udp.
         */
        protocol?: 'tcp' | 'udp';
      }
  )[];
  /**
   * The way in.
   */
  ssh?: {
    /**
     * Port on the host. When it is taken, the next free one is used and shown.
     */
    port?: number;
  };
  /**
   * Users of the guest: login with a key only, sudo without a password. The first one is who `ssh`, `exec` and `claude` log in as.
   */
  users?: string[];
  /**
   * Extra packages of the distribution, in the image: a list, or a mapping with a list for each kind of image. A change means a new image, hence a new disk.
   */
  packages?:
    | string[]
    | {
        /**
         * Used by Debian guests.
         */
        debian?: string[];
        /**
         * Used by NixOS guests; a Debian guest ignores them.
         */
        nixos?: string[];
      };
  /**
   * Coding agents in the guest: names, or a mapping with their settings. A change means a new image, hence a new disk.
   */
  agents?:
    | (
        | string
        | {
            claude?: Claude;
          }
      )[]
    | {
        claude?: Claude;
      };
  /**
   * What happens when the machine stops by itself.
   */
  restart?: 'no' | 'on-failure' | 'always';
  /**
   * Start from a prepared, already booted state.
   */
  warm?: boolean;
  /**
   * Idle time after which the machine is suspended.
   */
  suspend_after?: string;
  /**
   * What the guest can reach.
   */
  network?: {
    /**
     * Whether the guest reaches services on the host's own loopback, at the gateway address.
     */
    host_loopback?: boolean;
    /**
     * What the guest may reach outside: everything (`open`), nothing (`none`), or the named hosts.
     */
    egress?: string | string[];
    /**
     * Ports of the host that the guest may reach all the same.
     */
    allow_host?: (number | string)[];
  };
  /**
   * Variables of every session in the guest: a mapping, or a list of NAME=VALUE. A name without a value takes the value from your environment, which needs an approval on this host.
   */
  env?:
    | {
        [k: string]: string | number | boolean | null;
      }
    | string[];
  /**
   * Files with variables.
   */
  env_file?: string | string[];
  /**
   * Commands that run once, in order, when the machine has been made; with `overlay: true` whenever it is started, as nothing of them is kept. The output is kept.
   */
  provision?: string[];
  /**
   * Machines that must be there first.
   */
  depends_on?:
    | string[]
    | {
        [k: string]: {
          /**
           * What to wait for.
           */
          condition?: 'started' | 'ready' | 'healthy';
        };
      };
  /**
   * A command in the guest that says whether the machine does its work.
   */
  healthcheck?: {
    /**
     * A shell command, or a list that begins with CMD (arguments as they are), CMD-SHELL (one shell command) or NONE (no check, even when `defaults` has one). Exit code 0 is healthy.
     */
    test?: string | string[];
    /**
     * Time between two tests. Shorter than in Compose (30s), so that a ready machine is seen soon.
     */
    interval?: string;
    /**
     * How long one test may take.
     */
    timeout?: string;
    /**
     * Failures in a row that make the machine unhealthy.
     */
    retries?: number;
    /**
     * Failures in this time after the start do not count.
     */
    start_period?: string;
  };
  /**
   * The machine is only started when one of these is active.
   */
  profiles?: string[];
  /**
   * Another machine to start from.
   */
  extends?:
    | string
    | {
        /**
         * The file that declares it.
         */
        file?: string;
        /**
         * Its name.
         */
        vm?: string;
      };
  /**
   * Notes for people and tools: a mapping, or a list of NAME=VALUE.
   */
  labels?:
    | {
        [k: string]: string | number | boolean | null;
      }
    | string[];
} | null;
/**
 * Claude Code, with `start-claude` to start it without permission prompts.
 */
export type Claude = {
  /**
   * Share your Claude Code credentials with the guest, read-only. Needs an approval on this host.
   */
  share_auth?: boolean;
} | null;

/**
 * Virtual machines of a project: ai-vm.yaml, ai-vm.yml or ai-vm.toml. Values (never keys) may hold variables of your environment, as in Compose: $V, ${V}, ${V:-default}, ${V-default}, ${V:?error}, ${V?error}, ${V:+alternative}, ${V+alternative}; $$ is a dollar sign. Unknown keys are errors; keys that begin with x- are free.
 */
export interface ConfigFile {
  /**
   * For editors; ignored.
   */
  $schema?: string;
  /**
   * Identifies the project on this host, together with its directory. Made lower case; what is not a letter, digit, `-` or `_` is dropped. Without it: the name of the directory.
   */
  name?: string;
  /**
   * The machines of the project, by name. A name has letters, digits, `-` and `_`, begins with a letter or digit, and has at most 63 characters; it is also the host name, with `_` turned into `-`.
   */
  vms: {
    [k: string]: Vm;
  };
  defaults?: Vm;
  /**
   * Where disks, keys and logs are kept: in your data directory (`user`), or in `.ai-vm/` beside the file (`project`).
   */
  location?: 'user' | 'project';
  /**
   * Variables whose values are hidden in all output.
   */
  secrets?: string[];
  /**
   * Other files whose machines belong to this project.
   */
  include?: (
    | string
    | {
        /**
         * The file.
         */
        path?: string;
      }
  )[];
}
