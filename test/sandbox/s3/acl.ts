import type { S3Identity } from "../backend.ts";
import { S3Error } from "./errors.ts";
import { child, children, childText, element, elements, parseXml, s3Document } from "./xml.ts";
import type { Xml, XmlTree } from "./xml.ts";

export type Permission = "READ" | "WRITE" | "READ_ACP" | "WRITE_ACP" | "FULL_CONTROL";
export type Group = "AllUsers" | "AuthenticatedUsers";

export interface Owner {
  readonly id: string;
  readonly name: string;
}

export interface Grant {
  readonly to: Owner | Group;
  readonly permission: Permission;
}

export interface Acl {
  readonly owner: Owner;
  readonly grants: readonly Grant[];
}

const groupUri = "http://acs.amazonaws.com/groups/global/";

const cannedGrants: ReadonlyMap<string, readonly Grant[]> = new Map([
  ["private", []],
  ["public-read", [{ to: "AllUsers", permission: "READ" }]],
  [
    "public-read-write",
    [
      { to: "AllUsers", permission: "READ" },
      { to: "AllUsers", permission: "WRITE" },
    ],
  ],
  ["authenticated-read", [{ to: "AuthenticatedUsers", permission: "READ" }]],
]);

export function cannedAcl(owner: Owner, name = "private"): Acl {
  const grants = cannedGrants.get(name);
  if (grants === undefined) throw new S3Error("InvalidArgument");
  return { owner, grants: [...grants, { to: owner, permission: "FULL_CONTROL" }] };
}

/**
 * Whether the grants let this user in. As in RGW, an owner's only right that no grant can take away is to read and
 * write the ACL itself.
 */
export function permits(acl: Acl, who: S3Identity | undefined, wanted: Permission): boolean {
  if (wanted.endsWith("_ACP") && who?.userId === acl.owner.id) return true;
  return acl.grants.some(({ to, permission }) => {
    if (permission !== wanted && permission !== "FULL_CONTROL") return false;
    if (to === "AllUsers") return true;
    return who !== undefined && (to === "AuthenticatedUsers" || to.id === who.userId);
  });
}

export function aclDocument({ owner, grants }: Acl): string {
  const list = element("AccessControlList", grants.map(grantElement));
  return s3Document("AccessControlPolicy", ownerElement(owner), list);
}

export function ownerElement({ id, name }: Owner): Xml {
  return element("Owner", elements({ ID: id, DisplayName: name }));
}

function grantElement({ to, permission }: Grant): Xml {
  const type = typeof to === "string" ? "Group" : "CanonicalUser";
  const attributes = ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="${type}"`;
  const content = typeof to === "string" ? { URI: groupUri + to } : { ID: to.id, DisplayName: to.name };
  return element("Grant", [element("Grantee", elements(content), attributes), element("Permission", permission)]);
}

/** The ACL in the body of a PutBucketAcl or PutObjectAcl; the owner stays who it is. */
export function parseAcl(xml: string, owner: Owner): Acl {
  const list = child(parseXml(xml, "AccessControlPolicy"), "AccessControlList");
  return { owner, grants: children(list, "Grant").map((grant) => parseGrant(grant, owner)) };
}

function parseGrant(tree: XmlTree, owner: Owner): Grant {
  const grantee = child(tree, "Grantee");
  const uri = childText(grantee, "URI");
  const id = childText(grantee, "ID");
  const group = uri?.startsWith(groupUri) ? uri.slice(groupUri.length) : undefined;
  const permission = childText(tree, "Permission");
  if (!isPermission(permission)) throw new S3Error("MalformedXML");
  if (group === "AllUsers" || group === "AuthenticatedUsers") return { to: group, permission };
  if (id === undefined) throw new S3Error("InvalidArgument");
  return { to: { id, name: id === owner.id ? owner.name : (childText(grantee, "DisplayName") ?? "") }, permission };
}

function isPermission(text: string | undefined): text is Permission {
  return ["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"].includes(text ?? "");
}
