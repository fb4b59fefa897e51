import { Network } from "../../src/core/network.ts";

/** The extension's network for services on this computer, which no proxy stands in front of. */
export function loopbackNetwork(requestTimeoutMs: number): Network {
  return new Network({
    settings: () => ({
      proxy: "",
      noProxy: [],
      proxySupport: "override",
      connectTimeoutMs: 2_000,
      requestTimeoutMs,
    }),
    env: {},
    vscodeFetch: () => {
      throw new Error("loopback needs no proxy");
    },
  });
}
