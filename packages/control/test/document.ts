// The OpenAPI document as a judge of answers.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}
type Operation = { readonly responses: Readonly<Record<string, Content>> };

export interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

export class Judge {
  readonly #document: Document;
  readonly #ajv: Ajv2020 = new Ajv2020({ strict: false, allErrors: true });
  readonly #compiled: Map<string, ValidateFunction> = new Map();

  constructor(document: Document) {
    this.#document = document;
    (addFormats as unknown as (ajv: Ajv2020) => void)(this.#ajv);
    this.#ajv.addSchema({ $id: 'https://api/', components: document.components });
  }

  /** What is wrong with an answer; null: it is as the document says. */
  async fault(method: string, path: string, response: Response): Promise<string | null> {
    const operation = this.#operation(method, path);
    if (operation === null) return `${method} ${path} is not in the document`;
    const { responses } = operation;
    const described = responses[response.status] ?? responses['default'];
    if (described === undefined) return `${response.status} is not described`;
    const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
    const schema = described.content?.[type]?.schema;
    const text = await response.clone().text();
    if (described.content === undefined) return text === '' ? null : 'a body, and none is described';
    if (schema === undefined) return `'${type}' is not described`;
    const value: unknown = type.endsWith('json') ? JSON.parse(text) : text;
    const validate = this.#validator(schema);
    return validate(value) ? null : this.#ajv.errorsText(validate.errors);
  }

  #operation(method: string, path: string): Operation | null {
    const [bare = ''] = path.split('?');
    for (const [template, operations] of Object.entries(this.#document.paths)) {
      const pattern = new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`);
      if (pattern.test(bare)) return operations[method.toLowerCase()] ?? null;
    }
    return null;
  }

  #validator(schema: object): ValidateFunction {
    const text = JSON.stringify(schema);
    const known = this.#compiled.get(text);
    if (known !== undefined) return known;
    const absolute = JSON.parse(text.replaceAll('"#/', '"https://api/#/')) as object;
    const validate = this.#ajv.compile(absolute);
    this.#compiled.set(text, validate);
    return validate;
  }
}
