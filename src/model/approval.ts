/** What a file asks for beyond its own directory and the loopback: needs a person's consent on this host. */

export interface Ask {
  /** SHA-256 (hex) over everything that the consent covers. */
  readonly digest: string;
  readonly vm: string;
  /** One sentence in plain words, such as `dev may write to /home/ann/reference`. */
  readonly text: string;
  /** What that means for the host, one sentence. */
  readonly risk: string;
}
