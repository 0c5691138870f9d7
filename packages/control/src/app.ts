// Every route, and what comes before and after all of them.
import { OpenAPIHono } from '@hono/zod-openapi';
import { HTTPException } from 'hono/http-exception';
import { type Admission, admit, Rate } from './admission.ts';
import type { Controlled } from './controlled.ts';
import { faultsOf } from './faults.ts';
import { Problem } from './problem.ts';
import { Requests } from './requests.ts';
import { counterRoutes } from './routes/counters.ts';
import { flowRoutes } from './routes/flows.ts';
import { forwardRoutes } from './routes/forwards.ts';
import { nameRoutes } from './routes/names.ts';
import { networkRoutes } from './routes/networks.ts';
import { DESCRIPTION } from './routes/route.ts';
import { systemRoutes } from './routes/system.ts';

/** Bytes of a request's body. */
const LARGEST_BODY = 1 << 16;

export interface AppOptions {
  readonly controlled: Controlled;
  readonly program: { readonly name: string; readonly version: string };
  /** Null: whoever calls handle() has seen to that. */
  readonly admission: Admission | null;
  /** Hears of every change that was made, in words. */
  readonly changed: (what: string) => void;
  /** Hears of what broke in answering: a fault of ours. */
  readonly failed: (error: Error) => void;
}

export type App = OpenAPIHono;

export function newApp(options: AppOptions): App {
  const { admission, program } = options;
  const app: App = new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success)
        throw new Problem(400, 'the request is not as it should be', { faults: faultsOf(result.error) });
    },
  });
  const rate = new Rate();
  const requests = new Requests();
  app.use(async (c, next) => {
    await next();
    requests.answered(c.res.status);
  });
  app.use(async (c, next) => {
    if (admission !== null) admit(admission, (name) => c.req.header(name));
    rate.take();
    refuseBody((name) => c.req.header(name));
    await next();
    c.header('cache-control', 'no-store');
  });
  for (const add of [systemRoutes, networkRoutes, forwardRoutes, nameRoutes, flowRoutes, counterRoutes])
    add(app, { ...options, requests });
  const description = { ...DESCRIPTION, info: { title: program.name, version: '1' } };
  app.get('/openapi.json', (c) => c.json(app.getOpenAPI31Document(description)));
  refuseOtherMethods(app);
  app.notFound((c) => new Problem(404, `there is no ${c.req.path}`).response());
  app.onError((error) => problemOf(error, options.failed).response());
  return app;
}

/** Throws a Problem for one that is too large, or whose size is not known before it is read. */
function refuseBody(header: (name: string) => string | undefined): void {
  const size = Number(header('content-length') ?? 0);
  const headers = { connection: 'close' };
  if (size > LARGEST_BODY) throw new Problem(413, `the body has more than ${LARGEST_BODY} bytes`, { headers });
  if (header('transfer-encoding') !== undefined) throw new Problem(411, 'the body has no Content-Length', { headers });
}

/** To paths that are there: RFC 9110 15.5.6. */
function refuseOtherMethods(app: App): void {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    if (method === 'ALL') continue;
    const of = methods.get(path) ?? new Set();
    methods.set(path, of.add(method));
  }
  for (const [path, of] of methods) {
    const allow = [...of, ...(of.has('GET') ? ['HEAD'] : [])].sort().join(', ');
    app.all(path, (c) => {
      throw new Problem(405, `${c.req.path} is for ${allow}`, { headers: { allow } });
    });
  }
}

function problemOf(error: Error, failed: (error: Error) => void): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof HTTPException)
    return new Problem(error.status, error.message.replace(/^Malformed JSON.*/, 'the body is no JSON'));
  failed(error);
  return new Problem(500, 'this did not work; the log has more');
}
