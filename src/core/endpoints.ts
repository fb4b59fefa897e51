/** Why an address is not used for tokens and signatures. */
export type AddressProblem = "notAUrl" | "notHttps" | "hasCredentials";

export type Address = { readonly url: URL } | { readonly problem: AddressProblem };

/** Reads the address of a service from a setting. Plain http is for loopback only: tokens would travel in clear. */
export function parseAddress(text: string): Address {
  if (!URL.canParse(text.trim())) return { problem: "notAUrl" };
  const url = new URL(text.trim());
  if (!/^https?:$/.test(url.protocol)) return { problem: "notAUrl" };
  if (url.username || url.password) return { problem: "hasCredentials" };
  if (url.protocol === "http:" && !isLoopback(url.hostname)) return { problem: "notHttps" };
  url.search = "";
  url.hash = "";
  return { url };
}

export function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(\.\d+){3}$/.test(hostname)
  );
}
