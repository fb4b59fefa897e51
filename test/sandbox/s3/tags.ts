import { S3Error } from "./errors.ts";
import type { Tags } from "./store.ts";
import { child, childText, children, element, elements, parseXml, s3Document } from "./xml.ts";

export function tagsDocument(tags: Tags): string {
  const set = tags.map(([name, value]) => element("Tag", elements({ Key: name, Value: value })));
  return s3Document("Tagging", element("TagSet", set));
}

export function parseTags(xml: string): Tags {
  const set = child(parseXml(xml, "Tagging"), "TagSet");
  return limited(children(set, "Tag").map((tag) => [childText(tag, "Key") ?? "", childText(tag, "Value") ?? ""]));
}

/** The value of `x-amz-tagging`, written like a query. */
export function parseTagHeader(header = ""): Tags {
  return limited([...new URLSearchParams(header)]);
}

/** RGW keeps them sorted by name, and takes one twice. */
function limited(tags: Tags): Tags {
  if (tags.length > 10) throw new S3Error("InvalidTag");
  return tags.toSorted(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}
