/** The gateway of a machine that runs: told what it lets out, and started anew where it has ended. */
import { rm } from 'node:fs/promises';
import { execa } from 'execa';
import { writeText } from '../../host/files.ts';
import { askGateway } from '../../host/gateway.ts';
import { sanitise } from '../../host/untrusted.ts';
import { AiVmError } from '../../model/errors.ts';
import type { NetworkConfig } from '../../model/network.ts';
import type { BootContext } from '../../model/resource.ts';
import { renderGatewayScript } from '../../qemu/script.ts';
import type { Context } from '../context.ts';
import { launchSpec } from '../launch.ts';

/** @throws AiVmError network.gateway */
export async function setGateway(
  context: Context,
  boot: BootContext,
  network: NetworkConfig,
  signal: AbortSignal,
): Promise<void> {
  const { paths, vm } = boot;
  if (await askGateway(paths.run, { do: 'policy', network })) return;
  const spec = launchSpec(context, { ...boot, vm: { ...vm, network } }, { argv: [], directories: [], helpers: [] });
  await writeText(paths.warmScript, renderGatewayScript(spec), 0o700);
  try {
    const { exitCode, stderr } = await execa('sh', [paths.warmScript], {
      ...{ reject: false, cancelSignal: signal, stdin: 'ignore' },
    });
    if (exitCode === 0) return;
    throw new AiVmError('network.gateway', `the gateway of ${vm.name} could not be started`, {
      ...{ vm: vm.name, why: sanitise(stderr) },
      fix: `Nothing goes in or out until it runs. ai-vm logs ${vm.name} --qemu shows what it has said; then ai-vm up ${vm.name}.`,
    });
  } finally {
    await rm(paths.warmScript, { force: true });
  }
}
