// Uses the types that openapi-typescript makes of the API document, with openapi-fetch: node client.js URL.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths } from "./partbook.js";

const client = createClient<paths>({ baseUrl: process.argv[2] });

// A filter that is given twice, and an order of two fields.
const list = await client.GET("/v1/catalog/cpus", {
    params: { query: { manufacturer: ["AMD", "Intel"], min_cores: 8, sort: ["-cores", "name"], limit: 5 } },
});
assert.ok(list.data);
assert.equal(list.data.length, 5);
const cores = list.data.map((row) => row.cores ?? 0);
assert.deepEqual(cores, cores.toSorted((one, other) => other - one));

const created = await client.POST("/v1/catalog/cpus", {
    params: { header: { "Idempotency-Key": "typescript-1" } },
    body: { name: "Made by TypeScript", manufacturer: "AMD", cores: 4 },
});
assert.equal(created.response.status, 201);
assert.ok(created.data);
const id = created.data.id;

// The version that was shown is changed, and then is another.
const change = (cores: number, tag: string | null) =>
    client.PATCH("/v1/catalog/cpus/{id}", {
        params: { path: { id }, header: tag ? { "If-Match": tag } : {} },
        body: { cores },
    });
const first = created.response.headers.get("ETag");
const changed = await change(6, first);
assert.equal(changed.data?.cores, 6);
const stale = await change(8, first);
assert.equal(stale.response.status, 412);
assert.ok(stale.error && "current" in stale.error);
assert.equal(stale.error.current.cores, 6);
const again = await change(8, stale.response.headers.get("ETag"));
assert.equal(again.data?.cores, 8);

// Each fault is named.
const refused = await change(0, null);
assert.equal(refused.response.status, 422);
assert.ok(refused.error && "errors" in refused.error);
assert.deepEqual(refused.error.errors.map((error) => error.pointer), ["#/cores"]);

// A row in use says who uses it.
const listing = await client.POST("/v1/listings", { body: { title: "Made by TypeScript", price_usd: 1.5, cpu_id: id } });
assert.equal(listing.data?.cpu?.name, "Made by TypeScript");
const used = await client.DELETE("/v1/catalog/cpus/{id}", { params: { path: { id } } });
assert.equal(used.response.status, 409);
assert.ok(used.error && "usage" in used.error);
assert.equal(used.error.usage?.count, 1);
assert.deepEqual(used.error.usage?.listings.map((use) => use.id), [listing.data?.id]);
