/** Talks to the gateway of a machine, through the socket in its runtime directory. */
import { connect } from 'node:net';
import { join } from 'node:path';
import { GATEWAY_FILES } from '../model/gateway.ts';
import type { GatewayState, GatewayVerdict, NetworkConfig, Refusal, SeenGateway } from '../model/network.ts';
import type { GatewaySecrets } from '../model/secrets.ts';

export type GatewayRequest =
  | { readonly do: 'state' }
  | { readonly do: 'refusals' }
  | { readonly do: 'policy'; readonly network: NetworkConfig }
  | { readonly do: 'secrets'; readonly secrets: GatewaySecrets }
  | { readonly do: 'test'; readonly host: string; readonly port: number };

interface GatewayReply {
  readonly state?: GatewayState;
  readonly refusals?: readonly Refusal[];
  readonly verdict?: GatewayVerdict;
}

/**
 * A gateway answers at once where the host is not busy: one that listens and says nothing for so long is no use to anybody. A test
 * waits for names, and secrets are a lot to read (milliseconds).
 */
const PATIENCE = 5000;
const LONG = 30_000;
/** More is no answer of a gateway's. */
const LONGEST = 1024 * 1024;

/** @returns null when there is none, or it does not answer */
export const askGateway = (run: string, request: GatewayRequest): Promise<GatewayReply | null> =>
  askAt(join(run, GATEWAY_FILES.control), request, request.do === 'test' || request.do === 'secrets' ? LONG : PATIENCE);

/** The same by the path of its socket; `patience` in milliseconds. */
export function askAt(path: string, request: GatewayRequest, patience: number): Promise<GatewayReply | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let text = '';
    const done = (reply: GatewayReply | null): void => {
      socket.destroy();
      resolve(reply);
    };
    socket.setTimeout(patience, () => done(null));
    socket.setEncoding('utf8');
    socket.on('error', () => done(null));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > LONGEST) done(null);
    });
    socket.on('end', () => done(parse(text)));
    socket.write(`${JSON.stringify(request)}\n`);
  });
}

function parse(text: string): GatewayReply | null {
  try {
    const reply = JSON.parse(text) as GatewayReply & { readonly ok?: unknown };
    return reply.ok === true ? reply : null;
  } catch {
    return null;
  }
}

/** Whether a QEMU with these arguments has its card wired to a gateway. */
export const isWired = (argv: readonly string[]): boolean => argv.some((word) => word.startsWith('stream,id=net1,'));

/** The gateway of a running machine; null: it is not wired to one. */
export async function seeGateway(run: string, argv: readonly string[]): Promise<SeenGateway | null> {
  if (!isWired(argv)) return null;
  const state = (await askGateway(run, { do: 'state' }))?.state;
  return state ? { is: 'there', ...state } : { is: 'gone' };
}
