import { isLoopback } from "./endpoints.ts";

/** What VS Code is told about the network. */
export interface RouteSettings {
  /** `http.proxy` */
  readonly proxy: string;
  /** `http.noProxy`; when it is set, the environment's `no_proxy` is ignored, as VS Code does. */
  readonly noProxy: readonly string[];
  /** `http.proxySupport` */
  readonly proxySupport: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `direct`: over a connection of our own. `vscode`: by VS Code's fetch, which may know a proxy or certificates that we do
 * not. `proxy`: by VS Code's fetch too, and it is known that a proxy stands in between.
 */
export type Route = "direct" | "vscode" | "proxy";

/** Ways to a server in the order in which to try them; a further one only where nothing was sent yet. */
export type Routes = readonly [Route, Route?];

const proxyVariables = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"];

/**
 * VS Code's fetch trusts the system's certificates, but of NODE_EXTRA_CA_CERTS it takes no notice while
 * `http.systemCertificates` is on, where a connection of our own does. So these variables decide who is asked first only.
 */
const certificateVariables = ["NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/**
 * Decides as VS Code does (`@vscode/proxy-agent`): this computer, exceptions, the proxy of the settings, the proxy of the
 * environment. The system's own proxy and its certificates are known to VS Code alone, which is why it is asked second.
 */
export function routesTo(target: URL, settings: RouteSettings, env: Environment): Routes {
  if (isLoopback(target.hostname)) return ["direct"];
  if (settings.proxySupport !== "off" && hasProxy(settings, env) && !isException(target, settings, env))
    return ["proxy"];
  return certificateVariables.some((name) => env[name]) ? ["vscode", "direct"] : ["direct", "vscode"];
}

/** One variable serves both schemes: VS Code makes no difference. */
function hasProxy({ proxy }: RouteSettings, env: Environment): boolean {
  return proxy.trim() !== "" || proxyVariables.some((name) => env[name]);
}

function isException(target: URL, { noProxy }: RouteSettings, env: Environment): boolean {
  const patterns = noProxy.length > 0 ? noProxy : (env["no_proxy"] || env["NO_PROXY"] || "").split(",");
  return patterns.some((pattern) => matches(target, pattern.trim().toLowerCase()));
}

/** `*`, or a host that stands for its subdomains too, with or without a leading dot and a port. */
function matches({ hostname, port, protocol }: URL, pattern: string): boolean {
  if (pattern === "*") return true;
  const [host = "", wantedPort = ""] = pattern.split(":");
  const actualPort = port || (protocol === "https:" ? "443" : "80");
  const domain = host.startsWith(".") ? host : `.${host}`;
  return host !== "" && `.${hostname}`.endsWith(domain) && (wantedPort === "" || wantedPort === actualPort);
}
