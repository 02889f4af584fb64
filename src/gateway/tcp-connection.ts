/**
 * One TCP connection with the guest, of which the gateway plays the other end. The link loses nothing and turns nothing round, so
 * this is the plain protocol: windows, a timer that sends again, and no more. What comes out of order is dropped, and sent
 * again by the guest.
 */
import { sequenceDifference as difference } from './bytes.ts';
import { FLAG, type Segment } from './packets.ts';
import { SendQueue } from './send-queue.ts';

/** The longest payload on a card of 1500 bytes. */
export const LONGEST_PAYLOAD = 1460;
/** What the guest may have on its way to us (bytes). */
const ROOM = 256 * 1024;
const SCALE = 4;
/** Bytes that may wait for the guest before whoever writes is told to stop. */
const FULL = 512 * 1024;
/** Milliseconds until something is sent again; twice as long each time. A guest that stands still is waited for. */
const AGAIN = 1000;
const LONGEST_WAIT = 30_000;
/** So often it is sent again before the connection is given up: some twenty minutes. */
const TRIES = 45;
/** A connection of which both sides have ended lingers for so long (milliseconds), should the last word be lost. */
const LINGER = 1000;

export interface Ends {
  readonly local: number;
  readonly localPort: number;
  readonly guestPort: number;
}

export interface Listener {
  /** The guest has agreed to the connection. */
  readonly opened: () => void;
  readonly data: (data: Buffer) => void;
  /** The guest has nothing more to say. */
  readonly ended: () => void;
  /** There is room again for what is to be written. */
  readonly drained: () => void;
  /** The connection is no more. `reset`: it did not come to its end. */
  readonly closed: (reset: boolean) => void;
  /** Bytes that the guest has sent and nobody has taken yet. */
  readonly waiting: () => number;
}

type State = 'offered' | 'calling' | 'open' | 'closed';

export class TcpConnection {
  readonly ends: Ends;
  readonly #send: (segment: Segment) => void;
  #listener: Listener | null = null;
  #state: State = 'offered';
  readonly #queue: SendQueue;
  readonly #first: number;
  #expected = 0;
  #acknowledged: number;
  #window = 0;
  /** Both sides have agreed. */
  #agreed = false;
  #scale: number | null = null;
  #payload = LONGEST_PAYLOAD;
  /** Up to where we have told the guest that there is room. */
  #promised = 0;
  #owesAck = false;
  #guestEnded = false;
  #ending = false;
  #endSent = false;
  #endAcknowledged = false;
  #repeats = 0;
  #tries = 0;
  #timer: NodeJS.Timeout | null = null;
  #blocked = false;

  /** @param first our first sequence number: one that nobody can guess */
  constructor(ends: Ends, first: number, send: (segment: Segment) => void) {
    this.ends = ends;
    this.#first = first >>> 0;
    this.#acknowledged = this.#first;
    this.#queue = new SendQueue((this.#first + 1) >>> 0);
    this.#send = send;
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  listen(listener: Listener): void {
    this.#listener = listener;
  }

  /** The guest wants it: it stays unanswered until accepted or reset. */
  offer({ sequence, mss, scale, window }: Segment): void {
    this.#expected = (sequence + 1) >>> 0;
    this.#learn(mss, scale);
    this.#window = window;
  }

  accept(): void {
    if (this.#state !== 'offered') return;
    this.#state = 'open';
    this.#sendSyn();
    this.#arm();
  }

  /** We want it, of the guest. */
  call(): void {
    this.#state = 'calling';
    this.#sendSyn();
    this.#arm();
  }

  /** @returns false when the guest takes its time, and `drained` will be called */
  write(data: Buffer): boolean {
    if (this.#state === 'closed' || this.#ending) return true;
    this.#queue.push(data, this.#payload);
    this.#push();
    this.#blocked = this.#queue.size > FULL;
    return !this.#blocked;
  }

  /** Nothing more will be written. */
  end(): void {
    if (this.#ending || this.#state === 'closed') return;
    this.#ending = true;
    this.#push();
  }

  /** Breaks it off, and tells the guest. */
  reset(): void {
    if (this.#state === 'closed') return;
    this.#emit(FLAG.rst | FLAG.ack, this.#nextSequence());
    this.#close(true);
  }

  /** Breaks it off without a word: for when there is nobody to tell. */
  abandon(): void {
    this.#close(true);
  }

  handle(segment: Segment): void {
    if (this.#state === 'closed') return;
    const { flags } = segment;
    if ((flags & FLAG.rst) !== 0) {
      // Its number has to be one that we expect, or the answer to our own call.
      const isOurs = this.#state === 'calling' || segment.sequence === this.#expected;
      if (isOurs) this.#close(true);
      return;
    }
    if (this.#state === 'offered') return;
    if (this.#state === 'calling') {
      this.#answered(segment);
      return;
    }
    if ((flags & FLAG.syn) !== 0) {
      // Our answer may have been lost.
      if (!this.#agreed && segment.sequence === (this.#expected - 1) >>> 0) this.#sendSyn();
      else this.#owesAck = true;
      return;
    }
    if ((flags & FLAG.ack) === 0) return;
    this.#acknowledge(segment);
    if (this.isClosed) return;
    this.#take(segment);
    this.#push();
  }

  /** Sends what is owed. Called once all that has come in this turn was handled. */
  flush(): void {
    if (this.#state !== 'open') return;
    if (this.#owesAck) this.#emit(FLAG.ack, this.#nextSequence());
  }

  /** Room was made for what the guest sends: it is told when that is worth a word. */
  roomMade(): void {
    if (this.#state !== 'open' || this.#guestEnded) return;
    const more = difference((this.#expected + this.#room()) >>> 0, this.#promised);
    if (more >= ROOM / 4) this.#emit(FLAG.ack, this.#nextSequence());
  }

  #learn(mss: number | null, scale: number | null): void {
    this.#payload = Math.max(64, Math.min(mss ?? 536, LONGEST_PAYLOAD));
    this.#scale = scale;
  }

  #answered(segment: Segment): void {
    const { flags, acknowledgment, sequence, mss, scale, window } = segment;
    if ((flags & (FLAG.syn | FLAG.ack)) !== (FLAG.syn | FLAG.ack)) return;
    if (acknowledgment !== (this.#first + 1) >>> 0) return;
    this.#expected = (sequence + 1) >>> 0;
    this.#learn(mss, scale);
    this.#window = window;
    this.#acknowledged = acknowledgment;
    this.#agreed = true;
    this.#state = 'open';
    this.#calm();
    this.#owesAck = true;
    this.#listener?.opened();
    this.#push();
  }

  #acknowledge({ acknowledgment, window, payload, flags }: Segment): void {
    const limit = this.#endSent ? (this.#queue.end + 1) >>> 0 : this.#queue.end;
    if (difference(acknowledgment, limit) > 0) {
      this.#owesAck = true;
      return;
    }
    const news = difference(acknowledgment, this.#acknowledged);
    if (news < 0) return;
    const scaled = window * 2 ** (this.#scale ?? 0);
    const same = scaled === this.#window;
    this.#window = scaled;
    if (news > 0) {
      const opening = !this.#agreed;
      this.#agreed = true;
      this.#acknowledged = acknowledgment;
      this.#repeats = 0;
      this.#calm();
      this.#queue.acknowledge(acknowledgment);
      if (this.#endSent && acknowledgment === (this.#queue.end + 1) >>> 0) this.#endAcknowledged = true;
      if (opening) this.#listener?.opened();
      if (this.#blocked && this.#queue.size < FULL / 2) {
        this.#blocked = false;
        this.#listener?.drained();
      }
      this.#finishIfDone();
    } else if (same && payload.length === 0 && (flags & FLAG.fin) === 0 && this.#queue.size > 0) {
      this.#repeats += 1;
      if (this.#repeats === 3) this.#sendFirst();
    }
  }

  #take({ sequence, payload, flags }: Segment): void {
    const fin = (flags & FLAG.fin) !== 0;
    if (payload.length === 0 && !fin) {
      // Somebody asks whether we are still there.
      if (sequence !== this.#expected) this.#owesAck = true;
      return;
    }
    this.#owesAck = true;
    const skip = difference(this.#expected, sequence);
    if (this.#guestEnded || skip < 0 || skip > payload.length) return;
    const news = payload.subarray(skip);
    // More than there was room for is nobody's.
    if (difference((this.#expected + news.length) >>> 0, this.#promised) > 0) return;
    this.#expected = (this.#expected + news.length) >>> 0;
    if (news.length > 0) this.#listener?.data(news);
    if (!fin || this.isClosed) return;
    this.#expected = (this.#expected + 1) >>> 0;
    this.#guestEnded = true;
    this.#listener?.ended();
    this.#finishIfDone();
  }

  #finishIfDone(): void {
    if (!this.#guestEnded || !this.#endAcknowledged || this.#state !== 'open') return;
    this.flush();
    // Should our last word be lost, the guest says its own again.
    this.#calm();
    this.#timer = setTimeout(() => this.#close(false), LINGER);
    this.#timer.unref();
  }

  #room(): number {
    return Math.max(0, ROOM - (this.#listener?.waiting() ?? 0));
  }

  #nextSequence(): number {
    if (this.#state === 'offered') return this.#first;
    const sent = this.#queue.sent;
    return this.#endSent && this.#queue.allSent ? (this.#queue.end + 1) >>> 0 : sent;
  }

  #sendSyn(): void {
    const calling = this.#state === 'calling';
    const scale = calling || this.#scale !== null ? SCALE : null;
    this.#emit(calling ? FLAG.syn : FLAG.syn | FLAG.ack, this.#first, { mss: LONGEST_PAYLOAD, scale });
  }

  #push(): void {
    if (this.#state !== 'open') return;
    const limit = (this.#acknowledged + this.#window) >>> 0;
    let sent = false;
    // Before it has said that it has our answer, a guest takes nothing.
    if (this.#agreed) {
      for (let piece = this.#queue.next(limit); piece; piece = this.#queue.next(limit)) {
        this.#emit(FLAG.ack | (this.#queue.allSent ? FLAG.psh : 0), piece.sequence, { payload: piece.data });
        sent = true;
      }
      if (this.#ending && !this.#endSent && this.#queue.allSent) {
        this.#endSent = true;
        this.#emit(FLAG.fin | FLAG.ack, this.#queue.end);
        sent = true;
      }
    }
    if ((sent || this.#queue.size > 0) && this.#timer === null) this.#arm();
  }

  #sendFirst(): void {
    const piece = this.#queue.first();
    if (piece && this.#window > 0)
      this.#emit(FLAG.ack, piece.sequence, { payload: piece.data.subarray(0, this.#window) });
    else if (piece || !this.#endSent) this.#emit(FLAG.ack, (this.#acknowledged - 1) >>> 0);
    else this.#emit(FLAG.fin | FLAG.ack, this.#queue.end);
  }

  #arm(): void {
    const wait = Math.min(LONGEST_WAIT, AGAIN * 2 ** Math.min(this.#tries, 10));
    this.#timer = setTimeout(() => this.#again(), wait);
    this.#timer.unref();
  }

  /** News of the guest: nothing has to be sent again for now. */
  #calm(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#tries = 0;
  }

  #again(): void {
    this.#timer = null;
    if (this.#state === 'closed') return;
    this.#tries += 1;
    if (this.#tries > TRIES) {
      this.reset();
      return;
    }
    if (!this.#agreed) this.#sendSyn();
    else if (this.#queue.size === 0 && (!this.#endSent || this.#endAcknowledged)) return;
    else {
      this.#sendFirst();
      if (this.#window > 0) this.#queue.rewind();
    }
    this.#arm();
  }

  #emit(
    flags: number,
    sequence: number,
    { payload = EMPTY, mss = null, scale = null }: Partial<Pick<Segment, 'payload' | 'mss' | 'scale'>> = {},
  ): void {
    const { localPort, guestPort } = this.ends;
    const room = this.#room();
    // That of a SYN is never scaled.
    const scaled = mss === null && this.#scale !== null ? SCALE : 0;
    const window = Math.min(0xffff, room >>> scaled);
    const acknowledgment = (flags & FLAG.ack) === 0 ? 0 : this.#expected;
    const promised = (this.#expected + (window << scaled)) >>> 0;
    if (difference(promised, this.#promised) > 0 || mss !== null) this.#promised = promised;
    this.#owesAck = false;
    // One literal: this is made for every packet.
    const [sourcePort, destinationPort] = [localPort, guestPort];
    this.#send({ sourcePort, destinationPort, sequence, acknowledgment, flags, window, mss, scale, payload });
  }

  #close(reset: boolean): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#calm();
    this.#listener?.closed(reset);
  }
}

const EMPTY = Buffer.alloc(0);
