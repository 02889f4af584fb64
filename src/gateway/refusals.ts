/** What was refused lately and could be allowed: each once, the latest last, and no more than a person would read. */
import type { Refusal } from '../model/network.ts';
import { putLast } from './recent.ts';

const MOST = 64;

export class RecentRefusals {
  readonly #byAdd = new Map<string, Refusal>();

  get list(): readonly Refusal[] {
    return [...this.#byAdd.values()];
  }

  note(refusal: Refusal): void {
    putLast(this.#byAdd, refusal.add, refusal, MOST);
  }

  /** What is allowed has changed: what was refused before may not be any more. */
  clear(): void {
    this.#byAdd.clear();
  }
}
