/** Handlers for a fake monitor that behave as a QEMU does that was started with `-S`: just what the contract asks. */
import { Hardware, hardwareHandlers, type HardwareSpec } from './hardware.ts';
import type { MonitorHandler } from './qmp-server.ts';

export interface FakeMachine extends HardwareSpec {
  readonly uuid: string;
}

export function machineHandlers(
  machine: FakeMachine,
  hardware = new Hardware(machine),
): Record<string, MonitorHandler> {
  let running = false;
  return {
    ...hardwareHandlers(hardware),
    'query-status': () => ({ status: running ? 'running' : 'prelaunch', running, singlestep: false }),
    'query-uuid': () => ({ UUID: machine.uuid }),
    stop: (_args, server) => {
      if (running) server.emit('STOP');
      running = false;
      return {};
    },
    cont: (_args, server) => {
      if (!running) server.emit('RESUME');
      running = true;
      return {};
    },
    quit: (_args, server) => {
      setImmediate(() => {
        server.emit('SHUTDOWN', { guest: false, reason: 'host-qmp-quit' });
        server.cut();
      });
      return {};
    },
  };
}
