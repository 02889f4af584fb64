// Generated from schemas/ai-vm.schema.json by scripts/generate.mjs: do not edit.

/**
 * One virtual machine. Everything has a default, so an empty one is fine.
 */
export type Vm = {
  /**
   * What the machine boots: `debian`, `nixos`, or a mapping, which means NixOS. Without it, the choice is made once, at the first start, and kept: NixOS where Nix is set up, else Debian, or what AI_VM_DEFAULT_IMAGE says. A change means a new disk.
   */
  image?:
    | string
    | {
        /**
         * A flake that says what the guest is: a directory, or an address such as `github:owner/repo?ref=main`. Its `nixosModules.ai-vm`, or its list `aiVmModules`, is added to ai-vm's guest; a `lib.mkGuest` takes its place; with `#output`, that output is the guest. Without it, a `flake.nix` beside the file is taken if it exports such modules. One from outside of the project needs an approval on this host.
         */
        flake?: string;
        /**
         * NixOS modules to add: files of the project, with what they import by relative paths. Others need an approval on this host.
         */
        modules?: string[];
        /**
         * `image`: the guest has a store of its own. `host`: it reads the store of the host as well, all of it, which needs an approval on this host.
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
   * A graphical desktop on a screen of its own: Xfce in Debian guests, Plasma in NixOS ones, with the first user logged in. `ai-vm view` shows it. With and without one are different images; another resolution waits for a restart.
   */
  desktop?:
    | boolean
    | {
        /**
         * Width and height in pixels. Without it: 1280x800.
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
   * Extra packages of the distribution: a list, or a mapping with a list for each kind of image. NixOS knows them by their attribute in nixpkgs, such as `nodejs_22`. They are in the image of a new disk. A Debian machine that has a disk installs what is new, while it runs; taking one away, and any change of a NixOS machine or one with `overlay`, means a new disk.
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
            claude?: Agent;
            codex?: Agent;
            gemini?: Agent;
            aider?: Agent;
            opencode?: Agent;
          }
      )[]
    | {
        claude?: Agent;
        codex?: Agent;
        gemini?: Agent;
        aider?: Agent;
        opencode?: Agent;
      };
  /**
   * What `ai-vm watch` does when the machine stops by itself. `on-failure`: started again when its QEMU crashed or was killed; `always`: also when the guest has shut down. One that was stopped with `ai-vm stop` stays so.
   */
  restart?: 'no' | 'on-failure' | 'always';
  /**
   * Start a new machine as a copy of one that has booted already, in about a second. `false`: always boot.
   */
  warm?: boolean;
  /**
   * Suspend the machine when it has been idle for so long: no TCP connection in or out, and next to no work. `ssh`, `exec` and `up` let it go on. Acted on by `ai-vm watch`.
   */
  suspend_after?: string;
  /**
   * What the guest can reach. Everything that it sends goes through a gateway of its own, on this host, which lets out what `egress` names: every public address, where it names nothing. Nothing reaches the host or private ranges. Changes take effect while the machine runs, at once where they close something; what opens more needs an approval on this host. Machines of the project reach each other by name. With `host` instead of a mapping, there is no gateway: the guest has QEMU's user-mode network and reaches what this host reaches, private networks and the host's own loopback too. That needs an approval, and a restart of a machine that runs.
   */
  network?:
    | string
    | {
        /**
         * Whether the guest reaches all services on the host's own loopback, at 10.0.2.2. `true` needs an approval on this host.
         */
        host_loopback?: boolean;
        /**
         * What the guest reaches outside: every public address (`open`), nothing (`none`), or the named hosts, each a name, `*.` and a name for all below it, or an IPv4 address, with a port behind it where that is not 80 or 443. A list is short for `allow`. On ports 80 and 443 what is said has to be TLS or HTTP for that very name. Presets stand for what a program needs.
         */
        egress?:
          | string
          | string[]
          | {
              /**
               * Hosts that the guest reaches.
               */
              allow?: string[];
              /**
               * Names that stand for the hosts that a program needs.
               */
              presets?: ('claude' | 'npm' | 'pypi' | 'debian' | 'nix' | 'git')[];
            };
        /**
         * TCP ports of the host's loopback that the guest reaches all the same, at 10.0.2.2 or `host.internal`. Each needs an approval on this host.
         */
        allow_host?: (number | string)[];
      };
  /**
   * Networks of the project that the machine is on; each is declared under `networks` of the file. Without it: `default`. Machines that share one reach each other's ports by name; those that share none do not see each other. Changes take effect while the machine runs, and connections between machines that share none any more are broken off.
   */
  networks?:
    | string[]
    | {
        [k: string]: {} | null;
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
   * Keys of yours that the guest may use and never has. In each session it has a variable of this name with a placeholder; its gateway on this host puts the real value in its place in the heads of requests to the named hosts, and takes it out of their answers. Needs an approval on this host. To look into their TLS, the gateway has certificates of its own for these hosts, which this guest alone trusts; all other TLS passes untouched. It takes the gateway, so there is none with `network: host`; hosts have to be in `egress`. Where the variable has no value, `ai-vm up` says so and does nothing.
   */
  secrets?: {
    [k: string]: {
      /**
       * Where the value comes from: the variable of the same name in the environment of ai-vm (`env`), or another one (`{env: NAME}`). Files such as `.env` do not count: the guest may be able to read them.
       */
      from?:
        | string
        | {
            /**
             * Name of a variable in the environment of ai-vm.
             */
            env?: string;
          };
      /**
       * Hosts whose requests get the value, by name, one by one. They are spoken to by TLS on port 443, or on the port behind the name; a port 80 means HTTP in the clear.
       */
      hosts?: string[];
    };
  };
  /**
   * Files of the project with variables for `env`, by the rules of `.env`. A later one beats an earlier one, and `env` beats them all.
   */
  env_file?: string | string[];
  /**
   * Commands that run once, in order, when the machine has been made; with `overlay: true` whenever it is started, as nothing of them is kept. The output is kept.
   */
  provision?: string[];
  /**
   * Machines that must be there first: started, ready (the default: it answers), healthy (its health check has passed), or completed (its `provision` has run). They are started along with this one, and stopped after it.
   */
  depends_on?:
    | string[]
    | {
        [k: string]: {
          /**
           * What to wait for.
           */
          condition?: 'started' | 'ready' | 'healthy' | 'completed';
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
   * The machine takes part only when one of these is active (`--profile`, AI_VM_PROFILES), when it is named on the command line, or when another one depends on it. Without any it always does.
   */
  profiles?: string[];
  /**
   * Fields that are not taken from what lies below: from the machine that this one extends, from `defaults`, or from the file that this one overrides. `ports` drops the whole list, `env.EDITOR` one entry.
   */
  unset?: string[];
  /**
   * Another machine whose fields this one has where it has none of its own: of the same file, or of another one; one outside of the project needs an approval on this host. Mappings are merged, `ports` by their host side, `shares` by their mount point, other lists are appended.
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
 * Each has a `start-NAME` in the guest, which starts it without permission prompts.
 */
export type Agent = {
  /**
   * Share your login of this agent with the guest, read-only: the files that hold it, and nothing else. Needs an approval on this host.
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
  vms?: {
    [k: string]: Vm;
  };
  defaults?: Vm;
  /**
   * Private networks of the project, by name, for machines that name them under `networks`. Machines see each other only where they share one. The network `default`, of machines that name none, need not be declared.
   */
  networks?: {
    /**
     * Nothing has to be said of it.
     */
    [k: string]: {} | null;
  };
  /**
   * Where disks, keys and logs are kept: in your data directory (`user`), or in `.ai-vm/` beside the file (`project`).
   */
  location?: 'user' | 'project';
  /**
   * Names of variables whose values are hidden in what is printed, beside those that look like secrets by their names, such as API_TOKEN. Their values reach the guest all the same.
   */
  secrets?: string[];
  /**
   * In a file that lies over another one: machines of that one that are left out, such as `vms.db`.
   */
  unset?: string[];
  /**
   * Other files whose machines belong to the project: each with its own `defaults`, with paths that count from its directory, and with the `.env` beside it under the project's. A machine can only be declared once. A file outside of the project needs an approval on this host, as does one of a git repository, written `https://host/owner/repository.git#COMMIT:path`.
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
