/** The name that the bundle of an image has. Builds nothing, and loads nothing that does. */
import type { ImageConfig } from '../model/desired.ts';
import { debianDigest } from './debian/recipe.ts';
import type { Place } from './provider.ts';

/**
 * SHA-256 in hex over everything that the image is made from.
 * @throws AiVmError `image.source`, `config.unreadable`, `host.missing`, `usage`
 */
export async function imageDigest(image: ImageConfig, place: Place): Promise<string> {
  if (image.provider === 'debian') return debianDigest(image);
  const { recipeDigest, recipeOf } = await import('./nixos/recipe.ts');
  return recipeDigest(await recipeOf(image, place));
}
