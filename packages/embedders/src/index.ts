/**
 * A deterministic offline embedder, an embedder for OpenAI-compatible endpoints, and bridges from AI SDK and LangChain
 * models. An embedder of your own needs nothing of this package: it is a plain object of the core type `Embedder`.
 *
 * @packageDocumentation
 */

export { createHashEmbedder, type HashEmbedderOptions } from "./hash-embedder.ts";
export { createHttpEmbedder, type HttpEmbedderOptions } from "./http-embedder.ts";
export { type AiSdkEmbeddingModel, fromAiSdk, type FromAiSdkOptions } from "./ai-sdk.ts";
export { fromLangChain, type FromLangChainOptions, type LangChainEmbeddings } from "./lang-chain.ts";
