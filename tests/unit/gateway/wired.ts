import { Gateway, type GatewayParts } from '../../../src/gateway/gateway.ts';
import { Journal, type Line } from '../../../src/gateway/journal.ts';
import { Peers } from '../../../src/gateway/peers.ts';
import { TrialGuest } from '../../../src/gateway/trial-guest.ts';

/**
 * A gateway with a guest at its one card. Each side hears of a frame in a turn of its own, as over a socket; what goes to the card of the
 * forwards is kept, as are the lines of the log.
 */
export function wired(parts: Pick<GatewayParts, 'network' | 'host' | 'dial'>) {
  const lines: Line[] = [];
  const forwarder: Buffer[] = [];
  const journal = new Journal(
    (line) => lines.push(JSON.parse(line) as Line),
    () => new Date(),
  );
  const guest: TrialGuest = new TrialGuest((frame) =>
    setImmediate(() => {
      gateway.fromGuest(frame);
      gateway.flush();
    }),
  );
  const gateway: Gateway = new Gateway({
    ...parts,
    ...{ self: 'dev', journal, peers: new Peers(() => null), now: () => performance.now() },
    toGuest: (frame) => void setImmediate(() => guest.receive(frame)),
    toForwarder: (frame) => forwarder.push(frame),
  });
  return { gateway, guest, lines, forwarder };
}
