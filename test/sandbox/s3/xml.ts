import { XMLParser, XMLValidator } from "fast-xml-parser";
import { S3Error } from "./errors.ts";

const s3Namespace = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

/** An XML fragment that is complete and escaped. */
export interface Xml {
  readonly xml: string;
}

export type XmlContent = string | number | boolean | Xml | readonly Xml[];

export function element(name: string, content: XmlContent = "", attributes = ""): Xml {
  return { xml: `<${name}${attributes}>${render(content)}</${name}>` };
}

/** A document with the S3 namespace on its root. */
export function s3Document(name: string, ...content: readonly Xml[]): string {
  return plainDocument(element(name, content, s3Namespace));
}

export function plainDocument(root: Xml): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${root.xml}`;
}

/** The elements for the given names, without those whose value is undefined. */
export function elements(values: Readonly<Record<string, XmlContent | undefined>>): Xml[] {
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [element(name, value)]));
}

function render(content: XmlContent): string {
  if (typeof content !== "object") return escapeXml(String(content));
  if ("xml" in content) return content.xml;
  return content.map((part) => part.xml).join("");
}

const named: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Control characters become references that XML 1.0 does not allow: RGW does so too, hence `encoding-type=url`. */
function escapeXml(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what this is about
  return text.replaceAll(/[&<>"'\u0000-\u0008\u000b-\u001f\u007f]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(2, "0");
    return named[character] ?? `&#x${code};`;
  });
}

export type XmlTree = string | readonly XmlTree[] | { readonly [name: string]: XmlTree };

const parser = new XMLParser({
  attributeNamePrefix: "@",
  htmlEntities: true,
  ignoreAttributes: false,
  parseTagValue: false,
  removeNSPrefix: true,
  trimValues: false,
});

/** The content of the root element, if it has the name that is expected. */
export function parseXml(text: string, root: string): XmlTree {
  if (XMLValidator.validate(text) !== true) throw new S3Error("MalformedXML");
  const tree = (parser.parse(text) as { readonly [name: string]: XmlTree })[root];
  if (tree === undefined) throw new S3Error("MalformedXML");
  return tree;
}

/** All children of that name. */
export function children(tree: XmlTree | undefined, name: string): readonly XmlTree[] {
  if (tree === undefined || typeof tree === "string" || Array.isArray(tree)) return [];
  const found = (tree as { readonly [name: string]: XmlTree })[name];
  if (found === undefined) return [];
  return Array.isArray(found) ? found : [found];
}

export function child(tree: XmlTree | undefined, name: string): XmlTree | undefined {
  return children(tree, name)[0];
}

export function textOf(tree: XmlTree | undefined): string | undefined {
  if (typeof tree === "string") return tree;
  const inner = children(tree, "#text")[0];
  return typeof inner === "string" ? inner : undefined;
}

/** The text of the child of that name. */
export function childText(tree: XmlTree | undefined, name: string): string | undefined {
  return textOf(child(tree, name));
}
