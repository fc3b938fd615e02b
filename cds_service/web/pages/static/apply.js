// Carrying out a suggestion on the request, as an EHR does with its draft orders or claims.

import { parse } from "./jsontext.js";
import { Letter } from "./letter.js";

/**
 * The request with all actions of the suggestion done, and what changed: [{reference, before, after}], where
 * before or after is null for a resource that was created or deleted. The request given is left as it is.
 * Throws a Letter when an action names a resource that the request does not hold.
 */
export function applied(request, suggestion) {
  const made = parse(JSON.stringify(request));
  const changes = (suggestion.actions ?? []).map((action) => carryOut(made, action));
  made.hookInstance = uuid();
  return { request: made, changes };
}

function carryOut(request, action) {
  const reference = action.type === "delete" ? action.resourceId : referenceOf(action.resource);
  if (action.type === "create") {
    const [bundle] = bundles(request.context);
    if (!bundle) throw lost(reference);
    (bundle.entry ??= []).push({ resource: action.resource });
    return { reference, before: null, after: action.resource };
  }
  const { bundle, entry } = find(request, reference);
  const before = entry.resource;
  if (action.type === "update") {
    entry.resource = action.resource;
    return { reference, before, after: action.resource };
  }
  bundle.entry = bundle.entry.filter((each) => each !== entry);
  // FHIR has no empty arrays.
  if (!bundle.entry.length) delete bundle.entry;
  if (request.context.selections)
    request.context.selections = request.context.selections.filter((each) => each !== reference);
  return { reference, before, after: null };
}

function find(request, reference) {
  for (const bundle of [...bundles(request.context), ...bundles(request.prefetch)]) {
    const entry = (bundle.entry ?? []).find((each) => referenceOf(each?.resource) === reference);
    if (entry) return { bundle, entry };
  }
  throw lost(reference);
}

function bundles(holder) {
  return Object.values(holder ?? {}).filter((value) => value?.resourceType === "Bundle");
}

function referenceOf(resource) {
  return `${resource?.resourceType}/${resource?.id}`;
}

function lost(reference) {
  return new Letter("The correction could not be made.", [
    {
      where: reference,
      text: "The request holds no such resource in its context. Ask again with the request as it was.",
    },
  ]);
}

// A call of its own has an identifier of its own (CDS Hooks 2.0, hookInstance). randomUUID needs https.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
