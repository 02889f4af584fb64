# Coding agents: name in the configuration → package. As in Debian guests they are the programs of their npm packages, in the same versions,
# since nixpkgs has those of its own age; but for aider, which is nixpkgs' own.
{
  claude = {
    # Its name in nixpkgs, by which it is allowed where it is not free.
    package = "claude-code";
    free = false;
    version = "2.1.330";
    # System → package of npm, and what its archive has to be.
    archives = {
      x86_64-linux = {
        name = "@anthropic-ai/claude-code-linux-x64";
        integrity = "sha512-9Gn+V7DtJ8M1nztP9CeDVl9g3RtrepI7rOFTyPRRnZe8D6zebIHKmC7OvBauucuAP0X0k85SDN/LPVZyjsGezQ==";
      };
      aarch64-linux = {
        name = "@anthropic-ai/claude-code-linux-arm64";
        integrity = "sha512-V4yanAY5EA5UpwwRPtjSfqDbNqAlUJeVn3NYZw2AgmRHjdpSsLtHAzbxRXfkAnbjwTXzE0uedjQxUY02ARPcsA==";
      };
    };
  };
  codex = {
    package = "codex";
    free = true;
    version = "0.169.0";
    archives = {
      x86_64-linux = {
        name = "@openai/codex";
        # One package has them all, and its versions tell them apart.
        suffix = "-linux-x64";
        integrity = "sha512-o05NyAOCDygSPRo1yinzxvkRSdmsZyBD9E7mbpmjRanSfM8lypqWtQgEo4XfNkwhuCR2aFu8mlGOsQGFXVbVww==";
      };
      aarch64-linux = {
        name = "@openai/codex";
        suffix = "-linux-arm64";
        integrity = "sha512-NZ/DaQUpcQmxmqee7Z9uC1rzw3GhSbooawcaTe1LN5Yk+WlinUKGdTXJgClRT/9ogQEEM9TWxYzvxPfj5G/xFg==";
      };
    };
  };
  gemini = rec {
    package = "gemini-cli";
    free = true;
    version = "0.61.0";
    archives = {
      x86_64-linux = {
        name = "@google/gemini-cli";
        integrity = "sha512-dbQ9A0qBtFJNi6XBkHvfZ6Azpn6PNgH/P8h2MZ67RLlX8hSAVjup39CRWqdRxZv7YXIuhrFaytr8y0jKnkoxnQ==";
      };
      aarch64-linux = archives.x86_64-linux;
    };
  };
  aider = {
    package = "aider-chat";
    free = true;
    # That of nixpkgs.
    version = null;
    archives = null;
  };
  opencode = {
    package = "opencode";
    free = true;
    version = "1.18.18";
    archives = {
      x86_64-linux = {
        # The one for older processors: an emulated one may have no AVX2.
        name = "opencode-linux-x64-baseline";
        integrity = "sha512-6GvFarhP0pDiXcE9Au8PWoqb9+ZLBIGKrhZxeVAmOJp/gJ8lLL1Eno8O1qpqRb1KjOfOaOD71jHu9xNaqmjEtw==";
      };
      aarch64-linux = {
        name = "opencode-linux-arm64";
        integrity = "sha512-e8D3g0qJEIzawEg2+ygW3vkZjAYL2ssyAx4GbihjwXwZFvlZZy5zRWWzdz5KLBoHSTl0FB73vNtnNeXONyHpVQ==";
      };
    };
  };
}
