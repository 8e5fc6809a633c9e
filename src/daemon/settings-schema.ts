import { logKeyNames, logKeys } from './setting-keys.ts';

/** The JSON Schema of the config file, for editors: what `parseSettings` takes, but for the bounds of a size in text. */
export function settingsSchema(): object {
  const logs = logKeyNames.map((name) => {
    const { description, wanted, pattern, default: byDefault } = logKeys[name];
    const text = { type: 'string', pattern };
    const bytes = { type: 'integer', minimum: 0 };
    return [
      name,
      { description: `${description} It is ${wanted}.`, anyOf: [text, bytes], default: byDefault },
    ] as const;
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'ghost: config.json',
    description: 'The settings of ghost. Every key is optional; they are read when its daemon starts.',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { description: 'Where this schema is, for editors.', type: 'string' },
      logs: {
        description: 'How much of what tasks print is kept.',
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(logs),
      },
    },
  };
}
