/**
 * Releases as feature flags: an OpenFeature provider for the server SDK.
 *
 * @packageDocumentation
 */

export type {
  FlagContext,
  FlagDetails,
  OpenFeatureProvider,
  OpenFeatureProviderOptions,
} from "./openfeature/open-feature-provider.ts";
export { createOpenFeatureProvider } from "./openfeature/open-feature-provider.ts";
