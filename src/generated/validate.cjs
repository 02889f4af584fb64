// Generated from schemas/ai-vm.schema.json by scripts/generate.mjs: do not edit.
'use strict';
module.exports = validate10;
module.exports.default = validate10;
const schema11 = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:ai-vm:schema:config',
  type: 'object',
  properties: {
    $schema: { type: 'string' },
    name: { type: 'string' },
    vms: {
      type: 'object',
      minProperties: 1,
      patternProperties: { '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$': { $ref: '#/definitions/vm' } },
      additionalProperties: false,
    },
    defaults: { $ref: '#/definitions/vm' },
    networks: {
      type: 'object',
      patternProperties: {
        '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$': {
          type: ['object', 'null'],
          patternProperties: { '^x-': {} },
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    },
    location: { type: 'string', enum: ['user', 'project'] },
    secrets: { type: 'array', items: { type: 'string' } },
    unset: { type: 'array', items: { type: 'string', pattern: '^vms\\.[A-Za-z0-9][A-Za-z0-9_-]{0,62}$' } },
    include: {
      type: 'array',
      items: {
        type: ['string', 'object'],
        properties: { path: { type: 'string' } },
        patternProperties: { '^x-': {} },
        additionalProperties: false,
      },
    },
  },
  patternProperties: { '^x-': {} },
  additionalProperties: false,
  definitions: {
    agent: {
      type: ['object', 'null'],
      properties: { share_auth: { type: 'boolean' } },
      patternProperties: { '^x-': {} },
      additionalProperties: false,
    },
    vm: {
      type: ['object', 'null'],
      properties: {
        image: {
          type: ['string', 'object'],
          properties: {
            flake: { type: 'string' },
            modules: { type: 'array', items: { type: 'string' } },
            store: { type: 'string', enum: ['image', 'host'] },
            disk: { type: 'string' },
          },
          patternProperties: { '^x-': {} },
          additionalProperties: false,
          pattern: '^(debian|nixos)$',
        },
        cpus: {
          type: ['integer', 'string'],
          minimum: 1,
          maximum: 128,
          pattern: '^\\s*[0-9]+\\s*([cC][pP][uU][sS]?)?\\s*$',
        },
        memory: {
          type: ['integer', 'string'],
          minimum: 1,
          maximum: 1024,
          pattern: '^\\s*[0-9]+\\s*([mMgGtT]([iI]?[bB])?)?\\s*$',
        },
        storage: {
          type: ['integer', 'string'],
          minimum: 1,
          maximum: 10000,
          pattern: '^\\s*[0-9]+\\s*([mMgGtT]([iI]?[bB])?)?\\s*$',
        },
        overlay: { type: 'boolean' },
        audio: {
          type: ['boolean', 'object'],
          properties: {
            driver: { type: 'string', enum: ['pa', 'pipewire', 'alsa', 'wav', 'none'] },
            path: { type: 'string' },
          },
          patternProperties: { '^x-': {} },
          additionalProperties: false,
        },
        desktop: {
          type: ['boolean', 'object'],
          properties: { resolution: { type: 'string', pattern: '^[1-9][0-9]{2,4}x[1-9][0-9]{2,4}$' } },
          patternProperties: { '^x-': {} },
          additionalProperties: false,
        },
        nested: { type: 'boolean' },
        shares: {
          type: 'array',
          items: {
            type: ['string', 'object'],
            properties: {
              path: { type: 'string' },
              target: { type: 'string' },
              mode: { type: 'string', enum: ['rw', 'ro'] },
              driver: { type: 'string', enum: ['auto', 'virtiofs', '9p'] },
              allow_sensitive: { type: 'boolean' },
            },
            patternProperties: { '^x-': {} },
            additionalProperties: false,
            required: ['path'],
          },
        },
        ports: {
          type: 'array',
          items: {
            type: ['integer', 'string', 'object'],
            properties: {
              host: { type: 'integer', minimum: 1, maximum: 65535 },
              guest: { type: 'integer', minimum: 1, maximum: 65535 },
              bind: { type: 'string' },
              protocol: { type: 'string', enum: ['tcp', 'udp'] },
            },
            patternProperties: { '^x-': {} },
            additionalProperties: false,
            minimum: 1,
            maximum: 65535,
          },
        },
        ssh: {
          type: 'object',
          properties: { port: { type: 'integer', minimum: 1, maximum: 65535 } },
          patternProperties: { '^x-': {} },
          additionalProperties: false,
        },
        users: { type: 'array', items: { type: 'string' }, minItems: 1 },
        packages: {
          type: ['array', 'object'],
          properties: {
            debian: { type: 'array', items: { type: 'string' } },
            nixos: { type: 'array', items: { type: 'string' } },
          },
          patternProperties: { '^x-': {} },
          additionalProperties: false,
          items: { type: 'string' },
        },
        agents: {
          type: ['array', 'object'],
          properties: {
            claude: { $ref: '#/definitions/agent' },
            codex: { $ref: '#/definitions/agent' },
            gemini: { $ref: '#/definitions/agent' },
            aider: { $ref: '#/definitions/agent' },
            opencode: { $ref: '#/definitions/agent' },
          },
          patternProperties: { '^x-': {} },
          additionalProperties: false,
          items: {
            type: ['string', 'object'],
            properties: {
              claude: { $ref: '#/definitions/agent' },
              codex: { $ref: '#/definitions/agent' },
              gemini: { $ref: '#/definitions/agent' },
              aider: { $ref: '#/definitions/agent' },
              opencode: { $ref: '#/definitions/agent' },
            },
            patternProperties: { '^x-': {} },
            additionalProperties: false,
            pattern: '^(claude|codex|gemini|aider|opencode)$',
          },
        },
        restart: { type: 'string', enum: ['no', 'on-failure', 'always'] },
        warm: { type: 'boolean' },
        suspend_after: { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h))+$' },
        network: {
          type: ['string', 'object'],
          pattern: '^host$',
          properties: {
            host_loopback: { type: 'boolean' },
            egress: {
              type: ['string', 'array', 'object'],
              pattern: '^(open|none)$',
              items: { type: 'string' },
              properties: {
                allow: { type: 'array', items: { type: 'string' } },
                presets: {
                  type: 'array',
                  items: { type: 'string', enum: ['claude', 'npm', 'pypi', 'debian', 'nix', 'git'] },
                },
              },
              additionalProperties: false,
            },
            allow_host: { type: 'array', items: { type: ['integer', 'string'] } },
          },
          patternProperties: { '^x-': {} },
          additionalProperties: false,
        },
        networks: {
          type: ['array', 'object'],
          minItems: 1,
          minProperties: 1,
          items: { type: 'string' },
          additionalProperties: {
            type: ['object', 'null'],
            patternProperties: { '^x-': {} },
            additionalProperties: false,
          },
        },
        env: {
          type: ['object', 'array'],
          additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
          items: { type: 'string' },
        },
        secrets: {
          type: 'object',
          additionalProperties: {
            type: 'object',
            properties: {
              from: {
                type: ['string', 'object'],
                pattern: '^env$',
                properties: { env: { type: 'string' } },
                additionalProperties: false,
              },
              hosts: { type: 'array', items: { type: 'string' } },
            },
            patternProperties: { '^x-': {} },
            additionalProperties: false,
          },
          patternProperties: { '^x-': {} },
        },
        env_file: { type: ['string', 'array'], items: { type: 'string' } },
        provision: { type: 'array', items: { type: 'string' } },
        depends_on: {
          type: ['array', 'object'],
          items: { type: 'string' },
          additionalProperties: {
            type: 'object',
            properties: { condition: { type: 'string', enum: ['started', 'ready', 'healthy', 'completed'] } },
            patternProperties: { '^x-': {} },
            additionalProperties: false,
          },
        },
        healthcheck: {
          type: 'object',
          properties: {
            test: { type: ['string', 'array'], items: { type: 'string' } },
            interval: { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h))+$' },
            timeout: { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h))+$' },
            retries: { type: 'integer', minimum: 1, maximum: 1000 },
            start_period: { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h))+$' },
          },
          patternProperties: { '^x-': {} },
          additionalProperties: false,
        },
        profiles: { type: 'array', items: { type: 'string' } },
        unset: { type: 'array', items: { type: 'string' } },
        extends: {
          type: ['string', 'object'],
          properties: { file: { type: 'string' }, vm: { type: 'string' } },
          patternProperties: { '^x-': {} },
          additionalProperties: false,
        },
        labels: {
          type: ['object', 'array'],
          additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
          items: { type: 'string' },
        },
      },
      patternProperties: { '^x-': {} },
      additionalProperties: false,
    },
  },
};
const func2 = Object.prototype.hasOwnProperty;
const pattern0 = new RegExp('^x-', 'u');
const pattern1 = new RegExp('^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$', 'u');
const pattern43 = new RegExp('^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$', 'u');
const pattern46 = new RegExp('^vms\\.[A-Za-z0-9][A-Za-z0-9_-]{0,62}$', 'u');
const schema12 = {
  type: ['object', 'null'],
  properties: {
    image: {
      type: ['string', 'object'],
      properties: {
        flake: { type: 'string' },
        modules: { type: 'array', items: { type: 'string' } },
        store: { type: 'string', enum: ['image', 'host'] },
        disk: { type: 'string' },
      },
      patternProperties: { '^x-': {} },
      additionalProperties: false,
      pattern: '^(debian|nixos)$',
    },
    cpus: {
      type: ['integer', 'string'],
      minimum: 1,
      maximum: 128,
      pattern: '^\\s*[0-9]+\\s*([cC][pP][uU][sS]?)?\\s*$',
    },
    memory: {
      type: ['integer', 'string'],
      minimum: 1,
      maximum: 1024,
      pattern: '^\\s*[0-9]+\\s*([mMgGtT]([iI]?[bB])?)?\\s*$',
    },
    storage: {
      type: ['integer', 'string'],
      minimum: 1,
      maximum: 10000,
      pattern: '^\\s*[0-9]+\\s*([mMgGtT]([iI]?[bB])?)?\\s*$',
    },
    overlay: { type: 'boolean' },
    audio: {
      type: ['boolean', 'object'],
      properties: {
        driver: { type: 'string', enum: ['pa', 'pipewire', 'alsa', 'wav', 'none'] },
        path: { type: 'string' },
      },
      patternProperties: { '^x-': {} },
      additionalProperties: false,
    },
    desktop: {
      type: ['boolean', 'object'],
      properties: { resolution: { type: 'string', pattern: '^[1-9][0-9]{2,4}x[1-9][0-9]{2,4}$' } },
      patternProperties: { '^x-': {} },
      additionalProperties: false,
    },
    nested: { type: 'boolean' },
    shares: {
      type: 'array',
      items: {
        type: ['string', 'object'],
        properties: {
          path: { type: 'string' },
          target: { type: 'string' },
          mode: { type: 'string', enum: ['rw', 'ro'] },
          driver: { type: 'string', enum: ['auto', 'virtiofs', '9p'] },
          allow_sensitive: { type: 'boolean' },
        },
        patternProperties: { '^x-': {} },
        additionalProperties: false,
        required: ['path'],
      },
    },
    ports: {
      type: 'array',
      items: {
        type: ['integer', 'string', 'object'],
        properties: {
          host: { type: 'integer', minimum: 1, maximum: 65535 },
          guest: { type: 'integer', minimum: 1, maximum: 65535 },
          bind: { type: 'string' },
          protocol: { type: 'string', enum: ['tcp', 'udp'] },
        },
        patternProperties: { '^x-': {} },
        additionalProperties: false,
        minimum: 1,
        maximum: 65535,
      },
    },
    ssh: {
      type: 'object',
      properties: { port: { type: 'integer', minimum: 1, maximum: 65535 } },
      patternProperties: { '^x-': {} },
      additionalProperties: false,
    },
    users: { type: 'array', items: { type: 'string' }, minItems: 1 },
    packages: {
      type: ['array', 'object'],
      properties: {
        debian: { type: 'array', items: { type: 'string' } },
        nixos: { type: 'array', items: { type: 'string' } },
      },
      patternProperties: { '^x-': {} },
      additionalProperties: false,
      items: { type: 'string' },
    },
    agents: {
      type: ['array', 'object'],
      properties: {
        claude: { $ref: '#/definitions/agent' },
        codex: { $ref: '#/definitions/agent' },
        gemini: { $ref: '#/definitions/agent' },
        aider: { $ref: '#/definitions/agent' },
        opencode: { $ref: '#/definitions/agent' },
      },
      patternProperties: { '^x-': {} },
      additionalProperties: false,
      items: {
        type: ['string', 'object'],
        properties: {
          claude: { $ref: '#/definitions/agent' },
          codex: { $ref: '#/definitions/agent' },
          gemini: { $ref: '#/definitions/agent' },
          aider: { $ref: '#/definitions/agent' },
          opencode: { $ref: '#/definitions/agent' },
        },
        patternProperties: { '^x-': {} },
        additionalProperties: false,
        pattern: '^(claude|codex|gemini|aider|opencode)$',
      },
    },
    restart: { type: 'string', enum: ['no', 'on-failure', 'always'] },
    warm: { type: 'boolean' },
    suspend_after: { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h))+$' },
    network: {
      type: ['string', 'object'],
      pattern: '^host$',
      properties: {
        host_loopback: { type: 'boolean' },
        egress: {
          type: ['string', 'array', 'object'],
          pattern: '^(open|none)$',
          items: { type: 'string' },
          properties: {
            allow: { type: 'array', items: { type: 'string' } },
            presets: {
              type: 'array',
              items: { type: 'string', enum: ['claude', 'npm', 'pypi', 'debian', 'nix', 'git'] },
            },
          },
          additionalProperties: false,
        },
        allow_host: { type: 'array', items: { type: ['integer', 'string'] } },
      },
      patternProperties: { '^x-': {} },
      additionalProperties: false,
    },
    networks: {
      type: ['array', 'object'],
      minItems: 1,
      minProperties: 1,
      items: { type: 'string' },
      additionalProperties: { type: ['object', 'null'], patternProperties: { '^x-': {} }, additionalProperties: false },
    },
    env: {
      type: ['object', 'array'],
      additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
      items: { type: 'string' },
    },
    secrets: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        properties: {
          from: {
            type: ['string', 'object'],
            pattern: '^env$',
            properties: { env: { type: 'string' } },
            additionalProperties: false,
          },
          hosts: { type: 'array', items: { type: 'string' } },
        },
        patternProperties: { '^x-': {} },
        additionalProperties: false,
      },
      patternProperties: { '^x-': {} },
    },
    env_file: { type: ['string', 'array'], items: { type: 'string' } },
    provision: { type: 'array', items: { type: 'string' } },
    depends_on: {
      type: ['array', 'object'],
      items: { type: 'string' },
      additionalProperties: {
        type: 'object',
        properties: { condition: { type: 'string', enum: ['started', 'ready', 'healthy', 'completed'] } },
        patternProperties: { '^x-': {} },
        additionalProperties: false,
      },
    },
    healthcheck: {
      type: 'object',
      properties: {
        test: { type: ['string', 'array'], items: { type: 'string' } },
        interval: { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h))+$' },
        timeout: { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h))+$' },
        retries: { type: 'integer', minimum: 1, maximum: 1000 },
        start_period: { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h))+$' },
      },
      patternProperties: { '^x-': {} },
      additionalProperties: false,
    },
    profiles: { type: 'array', items: { type: 'string' } },
    unset: { type: 'array', items: { type: 'string' } },
    extends: {
      type: ['string', 'object'],
      properties: { file: { type: 'string' }, vm: { type: 'string' } },
      patternProperties: { '^x-': {} },
      additionalProperties: false,
    },
    labels: {
      type: ['object', 'array'],
      additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
      items: { type: 'string' },
    },
  },
  patternProperties: { '^x-': {} },
  additionalProperties: false,
};
const schema13 = {
  type: ['object', 'null'],
  properties: { share_auth: { type: 'boolean' } },
  patternProperties: { '^x-': {} },
  additionalProperties: false,
};
const pattern4 = new RegExp('^(debian|nixos)$', 'u');
const pattern6 = new RegExp('^\\s*[0-9]+\\s*([cC][pP][uU][sS]?)?\\s*$', 'u');
const pattern7 = new RegExp('^\\s*[0-9]+\\s*([mMgGtT]([iI]?[bB])?)?\\s*$', 'u');
const pattern11 = new RegExp('^[1-9][0-9]{2,4}x[1-9][0-9]{2,4}$', 'u');
const pattern16 = new RegExp('^(claude|codex|gemini|aider|opencode)$', 'u');
const pattern29 = new RegExp('^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h))+$', 'u');
const pattern30 = new RegExp('^host$', 'u');
const pattern32 = new RegExp('^(open|none)$', 'u');
const pattern36 = new RegExp('^env$', 'u');

function validate11(data, { instancePath = '', parentData, parentDataProperty, rootData = data } = {}) {
  let vErrors = null;
  let errors = 0;
  if (!(data && typeof data == 'object' && !Array.isArray(data)) && data !== null) {
    const err0 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: schema12.type },
      message: 'must be object,null',
    };
    if (vErrors === null) {
      vErrors = [err0];
    } else {
      vErrors.push(err0);
    }
    errors++;
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    for (const key0 in data) {
      if (!(func2.call(schema12.properties, key0) || pattern0.test(key0))) {
        const err1 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
          message: 'must NOT have additional properties',
        };
        if (vErrors === null) {
          vErrors = [err1];
        } else {
          vErrors.push(err1);
        }
        errors++;
      }
    }
    if (data.image !== undefined) {
      let data0 = data.image;
      if (typeof data0 !== 'string' && !(data0 && typeof data0 == 'object' && !Array.isArray(data0))) {
        const err2 = {
          instancePath: instancePath + '/image',
          schemaPath: '#/properties/image/type',
          keyword: 'type',
          params: { type: schema12.properties.image.type },
          message: 'must be string,object',
        };
        if (vErrors === null) {
          vErrors = [err2];
        } else {
          vErrors.push(err2);
        }
        errors++;
      }
      if (typeof data0 === 'string') {
        if (!pattern4.test(data0)) {
          const err3 = {
            instancePath: instancePath + '/image',
            schemaPath: '#/properties/image/pattern',
            keyword: 'pattern',
            params: { pattern: '^(debian|nixos)$' },
            message: 'must match pattern "' + '^(debian|nixos)$' + '"',
          };
          if (vErrors === null) {
            vErrors = [err3];
          } else {
            vErrors.push(err3);
          }
          errors++;
        }
      }
      if (data0 && typeof data0 == 'object' && !Array.isArray(data0)) {
        for (const key1 in data0) {
          if (!(key1 === 'flake' || key1 === 'modules' || key1 === 'store' || key1 === 'disk' || pattern0.test(key1))) {
            const err4 = {
              instancePath: instancePath + '/image',
              schemaPath: '#/properties/image/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key1 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err4];
            } else {
              vErrors.push(err4);
            }
            errors++;
          }
        }
        if (data0.flake !== undefined) {
          if (typeof data0.flake !== 'string') {
            const err5 = {
              instancePath: instancePath + '/image/flake',
              schemaPath: '#/properties/image/properties/flake/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err5];
            } else {
              vErrors.push(err5);
            }
            errors++;
          }
        }
        if (data0.modules !== undefined) {
          let data2 = data0.modules;
          if (Array.isArray(data2)) {
            const len0 = data2.length;
            for (let i0 = 0; i0 < len0; i0++) {
              if (typeof data2[i0] !== 'string') {
                const err6 = {
                  instancePath: instancePath + '/image/modules/' + i0,
                  schemaPath: '#/properties/image/properties/modules/items/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err6];
                } else {
                  vErrors.push(err6);
                }
                errors++;
              }
            }
          } else {
            const err7 = {
              instancePath: instancePath + '/image/modules',
              schemaPath: '#/properties/image/properties/modules/type',
              keyword: 'type',
              params: { type: 'array' },
              message: 'must be array',
            };
            if (vErrors === null) {
              vErrors = [err7];
            } else {
              vErrors.push(err7);
            }
            errors++;
          }
        }
        if (data0.store !== undefined) {
          let data4 = data0.store;
          if (typeof data4 !== 'string') {
            const err8 = {
              instancePath: instancePath + '/image/store',
              schemaPath: '#/properties/image/properties/store/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err8];
            } else {
              vErrors.push(err8);
            }
            errors++;
          }
          if (!(data4 === 'image' || data4 === 'host')) {
            const err9 = {
              instancePath: instancePath + '/image/store',
              schemaPath: '#/properties/image/properties/store/enum',
              keyword: 'enum',
              params: { allowedValues: schema12.properties.image.properties.store.enum },
              message: 'must be equal to one of the allowed values',
            };
            if (vErrors === null) {
              vErrors = [err9];
            } else {
              vErrors.push(err9);
            }
            errors++;
          }
        }
        if (data0.disk !== undefined) {
          if (typeof data0.disk !== 'string') {
            const err10 = {
              instancePath: instancePath + '/image/disk',
              schemaPath: '#/properties/image/properties/disk/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err10];
            } else {
              vErrors.push(err10);
            }
            errors++;
          }
        }
      }
    }
    if (data.cpus !== undefined) {
      let data6 = data.cpus;
      if (
        !(typeof data6 == 'number' && !(data6 % 1) && !isNaN(data6) && isFinite(data6)) &&
        typeof data6 !== 'string'
      ) {
        const err11 = {
          instancePath: instancePath + '/cpus',
          schemaPath: '#/properties/cpus/type',
          keyword: 'type',
          params: { type: schema12.properties.cpus.type },
          message: 'must be integer,string',
        };
        if (vErrors === null) {
          vErrors = [err11];
        } else {
          vErrors.push(err11);
        }
        errors++;
      }
      if (typeof data6 == 'number' && isFinite(data6)) {
        if (data6 > 128 || isNaN(data6)) {
          const err12 = {
            instancePath: instancePath + '/cpus',
            schemaPath: '#/properties/cpus/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 128 },
            message: 'must be <= 128',
          };
          if (vErrors === null) {
            vErrors = [err12];
          } else {
            vErrors.push(err12);
          }
          errors++;
        }
        if (data6 < 1 || isNaN(data6)) {
          const err13 = {
            instancePath: instancePath + '/cpus',
            schemaPath: '#/properties/cpus/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 1 },
            message: 'must be >= 1',
          };
          if (vErrors === null) {
            vErrors = [err13];
          } else {
            vErrors.push(err13);
          }
          errors++;
        }
      }
      if (typeof data6 === 'string') {
        if (!pattern6.test(data6)) {
          const err14 = {
            instancePath: instancePath + '/cpus',
            schemaPath: '#/properties/cpus/pattern',
            keyword: 'pattern',
            params: { pattern: '^\\s*[0-9]+\\s*([cC][pP][uU][sS]?)?\\s*$' },
            message: 'must match pattern "' + '^\\s*[0-9]+\\s*([cC][pP][uU][sS]?)?\\s*$' + '"',
          };
          if (vErrors === null) {
            vErrors = [err14];
          } else {
            vErrors.push(err14);
          }
          errors++;
        }
      }
    }
    if (data.memory !== undefined) {
      let data7 = data.memory;
      if (
        !(typeof data7 == 'number' && !(data7 % 1) && !isNaN(data7) && isFinite(data7)) &&
        typeof data7 !== 'string'
      ) {
        const err15 = {
          instancePath: instancePath + '/memory',
          schemaPath: '#/properties/memory/type',
          keyword: 'type',
          params: { type: schema12.properties.memory.type },
          message: 'must be integer,string',
        };
        if (vErrors === null) {
          vErrors = [err15];
        } else {
          vErrors.push(err15);
        }
        errors++;
      }
      if (typeof data7 == 'number' && isFinite(data7)) {
        if (data7 > 1024 || isNaN(data7)) {
          const err16 = {
            instancePath: instancePath + '/memory',
            schemaPath: '#/properties/memory/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 1024 },
            message: 'must be <= 1024',
          };
          if (vErrors === null) {
            vErrors = [err16];
          } else {
            vErrors.push(err16);
          }
          errors++;
        }
        if (data7 < 1 || isNaN(data7)) {
          const err17 = {
            instancePath: instancePath + '/memory',
            schemaPath: '#/properties/memory/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 1 },
            message: 'must be >= 1',
          };
          if (vErrors === null) {
            vErrors = [err17];
          } else {
            vErrors.push(err17);
          }
          errors++;
        }
      }
      if (typeof data7 === 'string') {
        if (!pattern7.test(data7)) {
          const err18 = {
            instancePath: instancePath + '/memory',
            schemaPath: '#/properties/memory/pattern',
            keyword: 'pattern',
            params: { pattern: '^\\s*[0-9]+\\s*([mMgGtT]([iI]?[bB])?)?\\s*$' },
            message: 'must match pattern "' + '^\\s*[0-9]+\\s*([mMgGtT]([iI]?[bB])?)?\\s*$' + '"',
          };
          if (vErrors === null) {
            vErrors = [err18];
          } else {
            vErrors.push(err18);
          }
          errors++;
        }
      }
    }
    if (data.storage !== undefined) {
      let data8 = data.storage;
      if (
        !(typeof data8 == 'number' && !(data8 % 1) && !isNaN(data8) && isFinite(data8)) &&
        typeof data8 !== 'string'
      ) {
        const err19 = {
          instancePath: instancePath + '/storage',
          schemaPath: '#/properties/storage/type',
          keyword: 'type',
          params: { type: schema12.properties.storage.type },
          message: 'must be integer,string',
        };
        if (vErrors === null) {
          vErrors = [err19];
        } else {
          vErrors.push(err19);
        }
        errors++;
      }
      if (typeof data8 == 'number' && isFinite(data8)) {
        if (data8 > 10000 || isNaN(data8)) {
          const err20 = {
            instancePath: instancePath + '/storage',
            schemaPath: '#/properties/storage/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 10000 },
            message: 'must be <= 10000',
          };
          if (vErrors === null) {
            vErrors = [err20];
          } else {
            vErrors.push(err20);
          }
          errors++;
        }
        if (data8 < 1 || isNaN(data8)) {
          const err21 = {
            instancePath: instancePath + '/storage',
            schemaPath: '#/properties/storage/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 1 },
            message: 'must be >= 1',
          };
          if (vErrors === null) {
            vErrors = [err21];
          } else {
            vErrors.push(err21);
          }
          errors++;
        }
      }
      if (typeof data8 === 'string') {
        if (!pattern7.test(data8)) {
          const err22 = {
            instancePath: instancePath + '/storage',
            schemaPath: '#/properties/storage/pattern',
            keyword: 'pattern',
            params: { pattern: '^\\s*[0-9]+\\s*([mMgGtT]([iI]?[bB])?)?\\s*$' },
            message: 'must match pattern "' + '^\\s*[0-9]+\\s*([mMgGtT]([iI]?[bB])?)?\\s*$' + '"',
          };
          if (vErrors === null) {
            vErrors = [err22];
          } else {
            vErrors.push(err22);
          }
          errors++;
        }
      }
    }
    if (data.overlay !== undefined) {
      if (typeof data.overlay !== 'boolean') {
        const err23 = {
          instancePath: instancePath + '/overlay',
          schemaPath: '#/properties/overlay/type',
          keyword: 'type',
          params: { type: 'boolean' },
          message: 'must be boolean',
        };
        if (vErrors === null) {
          vErrors = [err23];
        } else {
          vErrors.push(err23);
        }
        errors++;
      }
    }
    if (data.audio !== undefined) {
      let data10 = data.audio;
      if (typeof data10 !== 'boolean' && !(data10 && typeof data10 == 'object' && !Array.isArray(data10))) {
        const err24 = {
          instancePath: instancePath + '/audio',
          schemaPath: '#/properties/audio/type',
          keyword: 'type',
          params: { type: schema12.properties.audio.type },
          message: 'must be boolean,object',
        };
        if (vErrors === null) {
          vErrors = [err24];
        } else {
          vErrors.push(err24);
        }
        errors++;
      }
      if (data10 && typeof data10 == 'object' && !Array.isArray(data10)) {
        for (const key2 in data10) {
          if (!(key2 === 'driver' || key2 === 'path' || pattern0.test(key2))) {
            const err25 = {
              instancePath: instancePath + '/audio',
              schemaPath: '#/properties/audio/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key2 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err25];
            } else {
              vErrors.push(err25);
            }
            errors++;
          }
        }
        if (data10.driver !== undefined) {
          let data11 = data10.driver;
          if (typeof data11 !== 'string') {
            const err26 = {
              instancePath: instancePath + '/audio/driver',
              schemaPath: '#/properties/audio/properties/driver/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err26];
            } else {
              vErrors.push(err26);
            }
            errors++;
          }
          if (!(
            data11 === 'pa' ||
            data11 === 'pipewire' ||
            data11 === 'alsa' ||
            data11 === 'wav' ||
            data11 === 'none'
          )) {
            const err27 = {
              instancePath: instancePath + '/audio/driver',
              schemaPath: '#/properties/audio/properties/driver/enum',
              keyword: 'enum',
              params: { allowedValues: schema12.properties.audio.properties.driver.enum },
              message: 'must be equal to one of the allowed values',
            };
            if (vErrors === null) {
              vErrors = [err27];
            } else {
              vErrors.push(err27);
            }
            errors++;
          }
        }
        if (data10.path !== undefined) {
          if (typeof data10.path !== 'string') {
            const err28 = {
              instancePath: instancePath + '/audio/path',
              schemaPath: '#/properties/audio/properties/path/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err28];
            } else {
              vErrors.push(err28);
            }
            errors++;
          }
        }
      }
    }
    if (data.desktop !== undefined) {
      let data13 = data.desktop;
      if (typeof data13 !== 'boolean' && !(data13 && typeof data13 == 'object' && !Array.isArray(data13))) {
        const err29 = {
          instancePath: instancePath + '/desktop',
          schemaPath: '#/properties/desktop/type',
          keyword: 'type',
          params: { type: schema12.properties.desktop.type },
          message: 'must be boolean,object',
        };
        if (vErrors === null) {
          vErrors = [err29];
        } else {
          vErrors.push(err29);
        }
        errors++;
      }
      if (data13 && typeof data13 == 'object' && !Array.isArray(data13)) {
        for (const key3 in data13) {
          if (!(key3 === 'resolution' || pattern0.test(key3))) {
            const err30 = {
              instancePath: instancePath + '/desktop',
              schemaPath: '#/properties/desktop/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key3 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err30];
            } else {
              vErrors.push(err30);
            }
            errors++;
          }
        }
        if (data13.resolution !== undefined) {
          let data14 = data13.resolution;
          if (typeof data14 === 'string') {
            if (!pattern11.test(data14)) {
              const err31 = {
                instancePath: instancePath + '/desktop/resolution',
                schemaPath: '#/properties/desktop/properties/resolution/pattern',
                keyword: 'pattern',
                params: { pattern: '^[1-9][0-9]{2,4}x[1-9][0-9]{2,4}$' },
                message: 'must match pattern "' + '^[1-9][0-9]{2,4}x[1-9][0-9]{2,4}$' + '"',
              };
              if (vErrors === null) {
                vErrors = [err31];
              } else {
                vErrors.push(err31);
              }
              errors++;
            }
          } else {
            const err32 = {
              instancePath: instancePath + '/desktop/resolution',
              schemaPath: '#/properties/desktop/properties/resolution/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err32];
            } else {
              vErrors.push(err32);
            }
            errors++;
          }
        }
      }
    }
    if (data.nested !== undefined) {
      if (typeof data.nested !== 'boolean') {
        const err33 = {
          instancePath: instancePath + '/nested',
          schemaPath: '#/properties/nested/type',
          keyword: 'type',
          params: { type: 'boolean' },
          message: 'must be boolean',
        };
        if (vErrors === null) {
          vErrors = [err33];
        } else {
          vErrors.push(err33);
        }
        errors++;
      }
    }
    if (data.shares !== undefined) {
      let data16 = data.shares;
      if (Array.isArray(data16)) {
        const len1 = data16.length;
        for (let i1 = 0; i1 < len1; i1++) {
          let data17 = data16[i1];
          if (typeof data17 !== 'string' && !(data17 && typeof data17 == 'object' && !Array.isArray(data17))) {
            const err34 = {
              instancePath: instancePath + '/shares/' + i1,
              schemaPath: '#/properties/shares/items/type',
              keyword: 'type',
              params: { type: schema12.properties.shares.items.type },
              message: 'must be string,object',
            };
            if (vErrors === null) {
              vErrors = [err34];
            } else {
              vErrors.push(err34);
            }
            errors++;
          }
          if (data17 && typeof data17 == 'object' && !Array.isArray(data17)) {
            if (data17.path === undefined) {
              const err35 = {
                instancePath: instancePath + '/shares/' + i1,
                schemaPath: '#/properties/shares/items/required',
                keyword: 'required',
                params: { missingProperty: 'path' },
                message: "must have required property '" + 'path' + "'",
              };
              if (vErrors === null) {
                vErrors = [err35];
              } else {
                vErrors.push(err35);
              }
              errors++;
            }
            for (const key4 in data17) {
              if (!(
                key4 === 'path' ||
                key4 === 'target' ||
                key4 === 'mode' ||
                key4 === 'driver' ||
                key4 === 'allow_sensitive' ||
                pattern0.test(key4)
              )) {
                const err36 = {
                  instancePath: instancePath + '/shares/' + i1,
                  schemaPath: '#/properties/shares/items/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key4 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err36];
                } else {
                  vErrors.push(err36);
                }
                errors++;
              }
            }
            if (data17.path !== undefined) {
              if (typeof data17.path !== 'string') {
                const err37 = {
                  instancePath: instancePath + '/shares/' + i1 + '/path',
                  schemaPath: '#/properties/shares/items/properties/path/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err37];
                } else {
                  vErrors.push(err37);
                }
                errors++;
              }
            }
            if (data17.target !== undefined) {
              if (typeof data17.target !== 'string') {
                const err38 = {
                  instancePath: instancePath + '/shares/' + i1 + '/target',
                  schemaPath: '#/properties/shares/items/properties/target/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err38];
                } else {
                  vErrors.push(err38);
                }
                errors++;
              }
            }
            if (data17.mode !== undefined) {
              let data20 = data17.mode;
              if (typeof data20 !== 'string') {
                const err39 = {
                  instancePath: instancePath + '/shares/' + i1 + '/mode',
                  schemaPath: '#/properties/shares/items/properties/mode/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err39];
                } else {
                  vErrors.push(err39);
                }
                errors++;
              }
              if (!(data20 === 'rw' || data20 === 'ro')) {
                const err40 = {
                  instancePath: instancePath + '/shares/' + i1 + '/mode',
                  schemaPath: '#/properties/shares/items/properties/mode/enum',
                  keyword: 'enum',
                  params: { allowedValues: schema12.properties.shares.items.properties.mode.enum },
                  message: 'must be equal to one of the allowed values',
                };
                if (vErrors === null) {
                  vErrors = [err40];
                } else {
                  vErrors.push(err40);
                }
                errors++;
              }
            }
            if (data17.driver !== undefined) {
              let data21 = data17.driver;
              if (typeof data21 !== 'string') {
                const err41 = {
                  instancePath: instancePath + '/shares/' + i1 + '/driver',
                  schemaPath: '#/properties/shares/items/properties/driver/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err41];
                } else {
                  vErrors.push(err41);
                }
                errors++;
              }
              if (!(data21 === 'auto' || data21 === 'virtiofs' || data21 === '9p')) {
                const err42 = {
                  instancePath: instancePath + '/shares/' + i1 + '/driver',
                  schemaPath: '#/properties/shares/items/properties/driver/enum',
                  keyword: 'enum',
                  params: { allowedValues: schema12.properties.shares.items.properties.driver.enum },
                  message: 'must be equal to one of the allowed values',
                };
                if (vErrors === null) {
                  vErrors = [err42];
                } else {
                  vErrors.push(err42);
                }
                errors++;
              }
            }
            if (data17.allow_sensitive !== undefined) {
              if (typeof data17.allow_sensitive !== 'boolean') {
                const err43 = {
                  instancePath: instancePath + '/shares/' + i1 + '/allow_sensitive',
                  schemaPath: '#/properties/shares/items/properties/allow_sensitive/type',
                  keyword: 'type',
                  params: { type: 'boolean' },
                  message: 'must be boolean',
                };
                if (vErrors === null) {
                  vErrors = [err43];
                } else {
                  vErrors.push(err43);
                }
                errors++;
              }
            }
          }
        }
      } else {
        const err44 = {
          instancePath: instancePath + '/shares',
          schemaPath: '#/properties/shares/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err44];
        } else {
          vErrors.push(err44);
        }
        errors++;
      }
    }
    if (data.ports !== undefined) {
      let data23 = data.ports;
      if (Array.isArray(data23)) {
        const len2 = data23.length;
        for (let i2 = 0; i2 < len2; i2++) {
          let data24 = data23[i2];
          if (
            !(typeof data24 == 'number' && !(data24 % 1) && !isNaN(data24) && isFinite(data24)) &&
            typeof data24 !== 'string' &&
            !(data24 && typeof data24 == 'object' && !Array.isArray(data24))
          ) {
            const err45 = {
              instancePath: instancePath + '/ports/' + i2,
              schemaPath: '#/properties/ports/items/type',
              keyword: 'type',
              params: { type: schema12.properties.ports.items.type },
              message: 'must be integer,string,object',
            };
            if (vErrors === null) {
              vErrors = [err45];
            } else {
              vErrors.push(err45);
            }
            errors++;
          }
          if (typeof data24 == 'number' && isFinite(data24)) {
            if (data24 > 65535 || isNaN(data24)) {
              const err46 = {
                instancePath: instancePath + '/ports/' + i2,
                schemaPath: '#/properties/ports/items/maximum',
                keyword: 'maximum',
                params: { comparison: '<=', limit: 65535 },
                message: 'must be <= 65535',
              };
              if (vErrors === null) {
                vErrors = [err46];
              } else {
                vErrors.push(err46);
              }
              errors++;
            }
            if (data24 < 1 || isNaN(data24)) {
              const err47 = {
                instancePath: instancePath + '/ports/' + i2,
                schemaPath: '#/properties/ports/items/minimum',
                keyword: 'minimum',
                params: { comparison: '>=', limit: 1 },
                message: 'must be >= 1',
              };
              if (vErrors === null) {
                vErrors = [err47];
              } else {
                vErrors.push(err47);
              }
              errors++;
            }
          }
          if (data24 && typeof data24 == 'object' && !Array.isArray(data24)) {
            for (const key5 in data24) {
              if (!(
                key5 === 'host' ||
                key5 === 'guest' ||
                key5 === 'bind' ||
                key5 === 'protocol' ||
                pattern0.test(key5)
              )) {
                const err48 = {
                  instancePath: instancePath + '/ports/' + i2,
                  schemaPath: '#/properties/ports/items/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key5 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err48];
                } else {
                  vErrors.push(err48);
                }
                errors++;
              }
            }
            if (data24.host !== undefined) {
              let data25 = data24.host;
              if (!(typeof data25 == 'number' && !(data25 % 1) && !isNaN(data25) && isFinite(data25))) {
                const err49 = {
                  instancePath: instancePath + '/ports/' + i2 + '/host',
                  schemaPath: '#/properties/ports/items/properties/host/type',
                  keyword: 'type',
                  params: { type: 'integer' },
                  message: 'must be integer',
                };
                if (vErrors === null) {
                  vErrors = [err49];
                } else {
                  vErrors.push(err49);
                }
                errors++;
              }
              if (typeof data25 == 'number' && isFinite(data25)) {
                if (data25 > 65535 || isNaN(data25)) {
                  const err50 = {
                    instancePath: instancePath + '/ports/' + i2 + '/host',
                    schemaPath: '#/properties/ports/items/properties/host/maximum',
                    keyword: 'maximum',
                    params: { comparison: '<=', limit: 65535 },
                    message: 'must be <= 65535',
                  };
                  if (vErrors === null) {
                    vErrors = [err50];
                  } else {
                    vErrors.push(err50);
                  }
                  errors++;
                }
                if (data25 < 1 || isNaN(data25)) {
                  const err51 = {
                    instancePath: instancePath + '/ports/' + i2 + '/host',
                    schemaPath: '#/properties/ports/items/properties/host/minimum',
                    keyword: 'minimum',
                    params: { comparison: '>=', limit: 1 },
                    message: 'must be >= 1',
                  };
                  if (vErrors === null) {
                    vErrors = [err51];
                  } else {
                    vErrors.push(err51);
                  }
                  errors++;
                }
              }
            }
            if (data24.guest !== undefined) {
              let data26 = data24.guest;
              if (!(typeof data26 == 'number' && !(data26 % 1) && !isNaN(data26) && isFinite(data26))) {
                const err52 = {
                  instancePath: instancePath + '/ports/' + i2 + '/guest',
                  schemaPath: '#/properties/ports/items/properties/guest/type',
                  keyword: 'type',
                  params: { type: 'integer' },
                  message: 'must be integer',
                };
                if (vErrors === null) {
                  vErrors = [err52];
                } else {
                  vErrors.push(err52);
                }
                errors++;
              }
              if (typeof data26 == 'number' && isFinite(data26)) {
                if (data26 > 65535 || isNaN(data26)) {
                  const err53 = {
                    instancePath: instancePath + '/ports/' + i2 + '/guest',
                    schemaPath: '#/properties/ports/items/properties/guest/maximum',
                    keyword: 'maximum',
                    params: { comparison: '<=', limit: 65535 },
                    message: 'must be <= 65535',
                  };
                  if (vErrors === null) {
                    vErrors = [err53];
                  } else {
                    vErrors.push(err53);
                  }
                  errors++;
                }
                if (data26 < 1 || isNaN(data26)) {
                  const err54 = {
                    instancePath: instancePath + '/ports/' + i2 + '/guest',
                    schemaPath: '#/properties/ports/items/properties/guest/minimum',
                    keyword: 'minimum',
                    params: { comparison: '>=', limit: 1 },
                    message: 'must be >= 1',
                  };
                  if (vErrors === null) {
                    vErrors = [err54];
                  } else {
                    vErrors.push(err54);
                  }
                  errors++;
                }
              }
            }
            if (data24.bind !== undefined) {
              if (typeof data24.bind !== 'string') {
                const err55 = {
                  instancePath: instancePath + '/ports/' + i2 + '/bind',
                  schemaPath: '#/properties/ports/items/properties/bind/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err55];
                } else {
                  vErrors.push(err55);
                }
                errors++;
              }
            }
            if (data24.protocol !== undefined) {
              let data28 = data24.protocol;
              if (typeof data28 !== 'string') {
                const err56 = {
                  instancePath: instancePath + '/ports/' + i2 + '/protocol',
                  schemaPath: '#/properties/ports/items/properties/protocol/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err56];
                } else {
                  vErrors.push(err56);
                }
                errors++;
              }
              if (!(data28 === 'tcp' || data28 === 'udp')) {
                const err57 = {
                  instancePath: instancePath + '/ports/' + i2 + '/protocol',
                  schemaPath: '#/properties/ports/items/properties/protocol/enum',
                  keyword: 'enum',
                  params: { allowedValues: schema12.properties.ports.items.properties.protocol.enum },
                  message: 'must be equal to one of the allowed values',
                };
                if (vErrors === null) {
                  vErrors = [err57];
                } else {
                  vErrors.push(err57);
                }
                errors++;
              }
            }
          }
        }
      } else {
        const err58 = {
          instancePath: instancePath + '/ports',
          schemaPath: '#/properties/ports/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err58];
        } else {
          vErrors.push(err58);
        }
        errors++;
      }
    }
    if (data.ssh !== undefined) {
      let data29 = data.ssh;
      if (data29 && typeof data29 == 'object' && !Array.isArray(data29)) {
        for (const key6 in data29) {
          if (!(key6 === 'port' || pattern0.test(key6))) {
            const err59 = {
              instancePath: instancePath + '/ssh',
              schemaPath: '#/properties/ssh/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key6 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err59];
            } else {
              vErrors.push(err59);
            }
            errors++;
          }
        }
        if (data29.port !== undefined) {
          let data30 = data29.port;
          if (!(typeof data30 == 'number' && !(data30 % 1) && !isNaN(data30) && isFinite(data30))) {
            const err60 = {
              instancePath: instancePath + '/ssh/port',
              schemaPath: '#/properties/ssh/properties/port/type',
              keyword: 'type',
              params: { type: 'integer' },
              message: 'must be integer',
            };
            if (vErrors === null) {
              vErrors = [err60];
            } else {
              vErrors.push(err60);
            }
            errors++;
          }
          if (typeof data30 == 'number' && isFinite(data30)) {
            if (data30 > 65535 || isNaN(data30)) {
              const err61 = {
                instancePath: instancePath + '/ssh/port',
                schemaPath: '#/properties/ssh/properties/port/maximum',
                keyword: 'maximum',
                params: { comparison: '<=', limit: 65535 },
                message: 'must be <= 65535',
              };
              if (vErrors === null) {
                vErrors = [err61];
              } else {
                vErrors.push(err61);
              }
              errors++;
            }
            if (data30 < 1 || isNaN(data30)) {
              const err62 = {
                instancePath: instancePath + '/ssh/port',
                schemaPath: '#/properties/ssh/properties/port/minimum',
                keyword: 'minimum',
                params: { comparison: '>=', limit: 1 },
                message: 'must be >= 1',
              };
              if (vErrors === null) {
                vErrors = [err62];
              } else {
                vErrors.push(err62);
              }
              errors++;
            }
          }
        }
      } else {
        const err63 = {
          instancePath: instancePath + '/ssh',
          schemaPath: '#/properties/ssh/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err63];
        } else {
          vErrors.push(err63);
        }
        errors++;
      }
    }
    if (data.users !== undefined) {
      let data31 = data.users;
      if (Array.isArray(data31)) {
        if (data31.length < 1) {
          const err64 = {
            instancePath: instancePath + '/users',
            schemaPath: '#/properties/users/minItems',
            keyword: 'minItems',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 items',
          };
          if (vErrors === null) {
            vErrors = [err64];
          } else {
            vErrors.push(err64);
          }
          errors++;
        }
        const len3 = data31.length;
        for (let i3 = 0; i3 < len3; i3++) {
          if (typeof data31[i3] !== 'string') {
            const err65 = {
              instancePath: instancePath + '/users/' + i3,
              schemaPath: '#/properties/users/items/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err65];
            } else {
              vErrors.push(err65);
            }
            errors++;
          }
        }
      } else {
        const err66 = {
          instancePath: instancePath + '/users',
          schemaPath: '#/properties/users/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err66];
        } else {
          vErrors.push(err66);
        }
        errors++;
      }
    }
    if (data.packages !== undefined) {
      let data33 = data.packages;
      if (!data33 || typeof data33 != 'object') {
        const err67 = {
          instancePath: instancePath + '/packages',
          schemaPath: '#/properties/packages/type',
          keyword: 'type',
          params: { type: schema12.properties.packages.type },
          message: 'must be array,object',
        };
        if (vErrors === null) {
          vErrors = [err67];
        } else {
          vErrors.push(err67);
        }
        errors++;
      }
      if (Array.isArray(data33)) {
        const len4 = data33.length;
        for (let i4 = 0; i4 < len4; i4++) {
          if (typeof data33[i4] !== 'string') {
            const err68 = {
              instancePath: instancePath + '/packages/' + i4,
              schemaPath: '#/properties/packages/items/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err68];
            } else {
              vErrors.push(err68);
            }
            errors++;
          }
        }
      }
      if (data33 && typeof data33 == 'object' && !Array.isArray(data33)) {
        for (const key7 in data33) {
          if (!(key7 === 'debian' || key7 === 'nixos' || pattern0.test(key7))) {
            const err69 = {
              instancePath: instancePath + '/packages',
              schemaPath: '#/properties/packages/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key7 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err69];
            } else {
              vErrors.push(err69);
            }
            errors++;
          }
        }
        if (data33.debian !== undefined) {
          let data35 = data33.debian;
          if (Array.isArray(data35)) {
            const len5 = data35.length;
            for (let i5 = 0; i5 < len5; i5++) {
              if (typeof data35[i5] !== 'string') {
                const err70 = {
                  instancePath: instancePath + '/packages/debian/' + i5,
                  schemaPath: '#/properties/packages/properties/debian/items/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err70];
                } else {
                  vErrors.push(err70);
                }
                errors++;
              }
            }
          } else {
            const err71 = {
              instancePath: instancePath + '/packages/debian',
              schemaPath: '#/properties/packages/properties/debian/type',
              keyword: 'type',
              params: { type: 'array' },
              message: 'must be array',
            };
            if (vErrors === null) {
              vErrors = [err71];
            } else {
              vErrors.push(err71);
            }
            errors++;
          }
        }
        if (data33.nixos !== undefined) {
          let data37 = data33.nixos;
          if (Array.isArray(data37)) {
            const len6 = data37.length;
            for (let i6 = 0; i6 < len6; i6++) {
              if (typeof data37[i6] !== 'string') {
                const err72 = {
                  instancePath: instancePath + '/packages/nixos/' + i6,
                  schemaPath: '#/properties/packages/properties/nixos/items/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err72];
                } else {
                  vErrors.push(err72);
                }
                errors++;
              }
            }
          } else {
            const err73 = {
              instancePath: instancePath + '/packages/nixos',
              schemaPath: '#/properties/packages/properties/nixos/type',
              keyword: 'type',
              params: { type: 'array' },
              message: 'must be array',
            };
            if (vErrors === null) {
              vErrors = [err73];
            } else {
              vErrors.push(err73);
            }
            errors++;
          }
        }
      }
    }
    if (data.agents !== undefined) {
      let data39 = data.agents;
      if (!data39 || typeof data39 != 'object') {
        const err74 = {
          instancePath: instancePath + '/agents',
          schemaPath: '#/properties/agents/type',
          keyword: 'type',
          params: { type: schema12.properties.agents.type },
          message: 'must be array,object',
        };
        if (vErrors === null) {
          vErrors = [err74];
        } else {
          vErrors.push(err74);
        }
        errors++;
      }
      if (Array.isArray(data39)) {
        const len7 = data39.length;
        for (let i7 = 0; i7 < len7; i7++) {
          let data40 = data39[i7];
          if (typeof data40 !== 'string' && !(data40 && typeof data40 == 'object' && !Array.isArray(data40))) {
            const err75 = {
              instancePath: instancePath + '/agents/' + i7,
              schemaPath: '#/properties/agents/items/type',
              keyword: 'type',
              params: { type: schema12.properties.agents.items.type },
              message: 'must be string,object',
            };
            if (vErrors === null) {
              vErrors = [err75];
            } else {
              vErrors.push(err75);
            }
            errors++;
          }
          if (typeof data40 === 'string') {
            if (!pattern16.test(data40)) {
              const err76 = {
                instancePath: instancePath + '/agents/' + i7,
                schemaPath: '#/properties/agents/items/pattern',
                keyword: 'pattern',
                params: { pattern: '^(claude|codex|gemini|aider|opencode)$' },
                message: 'must match pattern "' + '^(claude|codex|gemini|aider|opencode)$' + '"',
              };
              if (vErrors === null) {
                vErrors = [err76];
              } else {
                vErrors.push(err76);
              }
              errors++;
            }
          }
          if (data40 && typeof data40 == 'object' && !Array.isArray(data40)) {
            for (const key8 in data40) {
              if (!(
                key8 === 'claude' ||
                key8 === 'codex' ||
                key8 === 'gemini' ||
                key8 === 'aider' ||
                key8 === 'opencode' ||
                pattern0.test(key8)
              )) {
                const err77 = {
                  instancePath: instancePath + '/agents/' + i7,
                  schemaPath: '#/properties/agents/items/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key8 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err77];
                } else {
                  vErrors.push(err77);
                }
                errors++;
              }
            }
            if (data40.claude !== undefined) {
              let data41 = data40.claude;
              if (!(data41 && typeof data41 == 'object' && !Array.isArray(data41)) && data41 !== null) {
                const err78 = {
                  instancePath: instancePath + '/agents/' + i7 + '/claude',
                  schemaPath: '#/definitions/agent/type',
                  keyword: 'type',
                  params: { type: schema13.type },
                  message: 'must be object,null',
                };
                if (vErrors === null) {
                  vErrors = [err78];
                } else {
                  vErrors.push(err78);
                }
                errors++;
              }
              if (data41 && typeof data41 == 'object' && !Array.isArray(data41)) {
                for (const key9 in data41) {
                  if (!(key9 === 'share_auth' || pattern0.test(key9))) {
                    const err79 = {
                      instancePath: instancePath + '/agents/' + i7 + '/claude',
                      schemaPath: '#/definitions/agent/additionalProperties',
                      keyword: 'additionalProperties',
                      params: { additionalProperty: key9 },
                      message: 'must NOT have additional properties',
                    };
                    if (vErrors === null) {
                      vErrors = [err79];
                    } else {
                      vErrors.push(err79);
                    }
                    errors++;
                  }
                }
                if (data41.share_auth !== undefined) {
                  if (typeof data41.share_auth !== 'boolean') {
                    const err80 = {
                      instancePath: instancePath + '/agents/' + i7 + '/claude/share_auth',
                      schemaPath: '#/definitions/agent/properties/share_auth/type',
                      keyword: 'type',
                      params: { type: 'boolean' },
                      message: 'must be boolean',
                    };
                    if (vErrors === null) {
                      vErrors = [err80];
                    } else {
                      vErrors.push(err80);
                    }
                    errors++;
                  }
                }
              }
            }
            if (data40.codex !== undefined) {
              let data43 = data40.codex;
              if (!(data43 && typeof data43 == 'object' && !Array.isArray(data43)) && data43 !== null) {
                const err81 = {
                  instancePath: instancePath + '/agents/' + i7 + '/codex',
                  schemaPath: '#/definitions/agent/type',
                  keyword: 'type',
                  params: { type: schema13.type },
                  message: 'must be object,null',
                };
                if (vErrors === null) {
                  vErrors = [err81];
                } else {
                  vErrors.push(err81);
                }
                errors++;
              }
              if (data43 && typeof data43 == 'object' && !Array.isArray(data43)) {
                for (const key10 in data43) {
                  if (!(key10 === 'share_auth' || pattern0.test(key10))) {
                    const err82 = {
                      instancePath: instancePath + '/agents/' + i7 + '/codex',
                      schemaPath: '#/definitions/agent/additionalProperties',
                      keyword: 'additionalProperties',
                      params: { additionalProperty: key10 },
                      message: 'must NOT have additional properties',
                    };
                    if (vErrors === null) {
                      vErrors = [err82];
                    } else {
                      vErrors.push(err82);
                    }
                    errors++;
                  }
                }
                if (data43.share_auth !== undefined) {
                  if (typeof data43.share_auth !== 'boolean') {
                    const err83 = {
                      instancePath: instancePath + '/agents/' + i7 + '/codex/share_auth',
                      schemaPath: '#/definitions/agent/properties/share_auth/type',
                      keyword: 'type',
                      params: { type: 'boolean' },
                      message: 'must be boolean',
                    };
                    if (vErrors === null) {
                      vErrors = [err83];
                    } else {
                      vErrors.push(err83);
                    }
                    errors++;
                  }
                }
              }
            }
            if (data40.gemini !== undefined) {
              let data45 = data40.gemini;
              if (!(data45 && typeof data45 == 'object' && !Array.isArray(data45)) && data45 !== null) {
                const err84 = {
                  instancePath: instancePath + '/agents/' + i7 + '/gemini',
                  schemaPath: '#/definitions/agent/type',
                  keyword: 'type',
                  params: { type: schema13.type },
                  message: 'must be object,null',
                };
                if (vErrors === null) {
                  vErrors = [err84];
                } else {
                  vErrors.push(err84);
                }
                errors++;
              }
              if (data45 && typeof data45 == 'object' && !Array.isArray(data45)) {
                for (const key11 in data45) {
                  if (!(key11 === 'share_auth' || pattern0.test(key11))) {
                    const err85 = {
                      instancePath: instancePath + '/agents/' + i7 + '/gemini',
                      schemaPath: '#/definitions/agent/additionalProperties',
                      keyword: 'additionalProperties',
                      params: { additionalProperty: key11 },
                      message: 'must NOT have additional properties',
                    };
                    if (vErrors === null) {
                      vErrors = [err85];
                    } else {
                      vErrors.push(err85);
                    }
                    errors++;
                  }
                }
                if (data45.share_auth !== undefined) {
                  if (typeof data45.share_auth !== 'boolean') {
                    const err86 = {
                      instancePath: instancePath + '/agents/' + i7 + '/gemini/share_auth',
                      schemaPath: '#/definitions/agent/properties/share_auth/type',
                      keyword: 'type',
                      params: { type: 'boolean' },
                      message: 'must be boolean',
                    };
                    if (vErrors === null) {
                      vErrors = [err86];
                    } else {
                      vErrors.push(err86);
                    }
                    errors++;
                  }
                }
              }
            }
            if (data40.aider !== undefined) {
              let data47 = data40.aider;
              if (!(data47 && typeof data47 == 'object' && !Array.isArray(data47)) && data47 !== null) {
                const err87 = {
                  instancePath: instancePath + '/agents/' + i7 + '/aider',
                  schemaPath: '#/definitions/agent/type',
                  keyword: 'type',
                  params: { type: schema13.type },
                  message: 'must be object,null',
                };
                if (vErrors === null) {
                  vErrors = [err87];
                } else {
                  vErrors.push(err87);
                }
                errors++;
              }
              if (data47 && typeof data47 == 'object' && !Array.isArray(data47)) {
                for (const key12 in data47) {
                  if (!(key12 === 'share_auth' || pattern0.test(key12))) {
                    const err88 = {
                      instancePath: instancePath + '/agents/' + i7 + '/aider',
                      schemaPath: '#/definitions/agent/additionalProperties',
                      keyword: 'additionalProperties',
                      params: { additionalProperty: key12 },
                      message: 'must NOT have additional properties',
                    };
                    if (vErrors === null) {
                      vErrors = [err88];
                    } else {
                      vErrors.push(err88);
                    }
                    errors++;
                  }
                }
                if (data47.share_auth !== undefined) {
                  if (typeof data47.share_auth !== 'boolean') {
                    const err89 = {
                      instancePath: instancePath + '/agents/' + i7 + '/aider/share_auth',
                      schemaPath: '#/definitions/agent/properties/share_auth/type',
                      keyword: 'type',
                      params: { type: 'boolean' },
                      message: 'must be boolean',
                    };
                    if (vErrors === null) {
                      vErrors = [err89];
                    } else {
                      vErrors.push(err89);
                    }
                    errors++;
                  }
                }
              }
            }
            if (data40.opencode !== undefined) {
              let data49 = data40.opencode;
              if (!(data49 && typeof data49 == 'object' && !Array.isArray(data49)) && data49 !== null) {
                const err90 = {
                  instancePath: instancePath + '/agents/' + i7 + '/opencode',
                  schemaPath: '#/definitions/agent/type',
                  keyword: 'type',
                  params: { type: schema13.type },
                  message: 'must be object,null',
                };
                if (vErrors === null) {
                  vErrors = [err90];
                } else {
                  vErrors.push(err90);
                }
                errors++;
              }
              if (data49 && typeof data49 == 'object' && !Array.isArray(data49)) {
                for (const key13 in data49) {
                  if (!(key13 === 'share_auth' || pattern0.test(key13))) {
                    const err91 = {
                      instancePath: instancePath + '/agents/' + i7 + '/opencode',
                      schemaPath: '#/definitions/agent/additionalProperties',
                      keyword: 'additionalProperties',
                      params: { additionalProperty: key13 },
                      message: 'must NOT have additional properties',
                    };
                    if (vErrors === null) {
                      vErrors = [err91];
                    } else {
                      vErrors.push(err91);
                    }
                    errors++;
                  }
                }
                if (data49.share_auth !== undefined) {
                  if (typeof data49.share_auth !== 'boolean') {
                    const err92 = {
                      instancePath: instancePath + '/agents/' + i7 + '/opencode/share_auth',
                      schemaPath: '#/definitions/agent/properties/share_auth/type',
                      keyword: 'type',
                      params: { type: 'boolean' },
                      message: 'must be boolean',
                    };
                    if (vErrors === null) {
                      vErrors = [err92];
                    } else {
                      vErrors.push(err92);
                    }
                    errors++;
                  }
                }
              }
            }
          }
        }
      }
      if (data39 && typeof data39 == 'object' && !Array.isArray(data39)) {
        for (const key14 in data39) {
          if (!(
            key14 === 'claude' ||
            key14 === 'codex' ||
            key14 === 'gemini' ||
            key14 === 'aider' ||
            key14 === 'opencode' ||
            pattern0.test(key14)
          )) {
            const err93 = {
              instancePath: instancePath + '/agents',
              schemaPath: '#/properties/agents/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key14 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err93];
            } else {
              vErrors.push(err93);
            }
            errors++;
          }
        }
        if (data39.claude !== undefined) {
          let data51 = data39.claude;
          if (!(data51 && typeof data51 == 'object' && !Array.isArray(data51)) && data51 !== null) {
            const err94 = {
              instancePath: instancePath + '/agents/claude',
              schemaPath: '#/definitions/agent/type',
              keyword: 'type',
              params: { type: schema13.type },
              message: 'must be object,null',
            };
            if (vErrors === null) {
              vErrors = [err94];
            } else {
              vErrors.push(err94);
            }
            errors++;
          }
          if (data51 && typeof data51 == 'object' && !Array.isArray(data51)) {
            for (const key15 in data51) {
              if (!(key15 === 'share_auth' || pattern0.test(key15))) {
                const err95 = {
                  instancePath: instancePath + '/agents/claude',
                  schemaPath: '#/definitions/agent/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key15 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err95];
                } else {
                  vErrors.push(err95);
                }
                errors++;
              }
            }
            if (data51.share_auth !== undefined) {
              if (typeof data51.share_auth !== 'boolean') {
                const err96 = {
                  instancePath: instancePath + '/agents/claude/share_auth',
                  schemaPath: '#/definitions/agent/properties/share_auth/type',
                  keyword: 'type',
                  params: { type: 'boolean' },
                  message: 'must be boolean',
                };
                if (vErrors === null) {
                  vErrors = [err96];
                } else {
                  vErrors.push(err96);
                }
                errors++;
              }
            }
          }
        }
        if (data39.codex !== undefined) {
          let data53 = data39.codex;
          if (!(data53 && typeof data53 == 'object' && !Array.isArray(data53)) && data53 !== null) {
            const err97 = {
              instancePath: instancePath + '/agents/codex',
              schemaPath: '#/definitions/agent/type',
              keyword: 'type',
              params: { type: schema13.type },
              message: 'must be object,null',
            };
            if (vErrors === null) {
              vErrors = [err97];
            } else {
              vErrors.push(err97);
            }
            errors++;
          }
          if (data53 && typeof data53 == 'object' && !Array.isArray(data53)) {
            for (const key16 in data53) {
              if (!(key16 === 'share_auth' || pattern0.test(key16))) {
                const err98 = {
                  instancePath: instancePath + '/agents/codex',
                  schemaPath: '#/definitions/agent/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key16 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err98];
                } else {
                  vErrors.push(err98);
                }
                errors++;
              }
            }
            if (data53.share_auth !== undefined) {
              if (typeof data53.share_auth !== 'boolean') {
                const err99 = {
                  instancePath: instancePath + '/agents/codex/share_auth',
                  schemaPath: '#/definitions/agent/properties/share_auth/type',
                  keyword: 'type',
                  params: { type: 'boolean' },
                  message: 'must be boolean',
                };
                if (vErrors === null) {
                  vErrors = [err99];
                } else {
                  vErrors.push(err99);
                }
                errors++;
              }
            }
          }
        }
        if (data39.gemini !== undefined) {
          let data55 = data39.gemini;
          if (!(data55 && typeof data55 == 'object' && !Array.isArray(data55)) && data55 !== null) {
            const err100 = {
              instancePath: instancePath + '/agents/gemini',
              schemaPath: '#/definitions/agent/type',
              keyword: 'type',
              params: { type: schema13.type },
              message: 'must be object,null',
            };
            if (vErrors === null) {
              vErrors = [err100];
            } else {
              vErrors.push(err100);
            }
            errors++;
          }
          if (data55 && typeof data55 == 'object' && !Array.isArray(data55)) {
            for (const key17 in data55) {
              if (!(key17 === 'share_auth' || pattern0.test(key17))) {
                const err101 = {
                  instancePath: instancePath + '/agents/gemini',
                  schemaPath: '#/definitions/agent/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key17 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err101];
                } else {
                  vErrors.push(err101);
                }
                errors++;
              }
            }
            if (data55.share_auth !== undefined) {
              if (typeof data55.share_auth !== 'boolean') {
                const err102 = {
                  instancePath: instancePath + '/agents/gemini/share_auth',
                  schemaPath: '#/definitions/agent/properties/share_auth/type',
                  keyword: 'type',
                  params: { type: 'boolean' },
                  message: 'must be boolean',
                };
                if (vErrors === null) {
                  vErrors = [err102];
                } else {
                  vErrors.push(err102);
                }
                errors++;
              }
            }
          }
        }
        if (data39.aider !== undefined) {
          let data57 = data39.aider;
          if (!(data57 && typeof data57 == 'object' && !Array.isArray(data57)) && data57 !== null) {
            const err103 = {
              instancePath: instancePath + '/agents/aider',
              schemaPath: '#/definitions/agent/type',
              keyword: 'type',
              params: { type: schema13.type },
              message: 'must be object,null',
            };
            if (vErrors === null) {
              vErrors = [err103];
            } else {
              vErrors.push(err103);
            }
            errors++;
          }
          if (data57 && typeof data57 == 'object' && !Array.isArray(data57)) {
            for (const key18 in data57) {
              if (!(key18 === 'share_auth' || pattern0.test(key18))) {
                const err104 = {
                  instancePath: instancePath + '/agents/aider',
                  schemaPath: '#/definitions/agent/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key18 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err104];
                } else {
                  vErrors.push(err104);
                }
                errors++;
              }
            }
            if (data57.share_auth !== undefined) {
              if (typeof data57.share_auth !== 'boolean') {
                const err105 = {
                  instancePath: instancePath + '/agents/aider/share_auth',
                  schemaPath: '#/definitions/agent/properties/share_auth/type',
                  keyword: 'type',
                  params: { type: 'boolean' },
                  message: 'must be boolean',
                };
                if (vErrors === null) {
                  vErrors = [err105];
                } else {
                  vErrors.push(err105);
                }
                errors++;
              }
            }
          }
        }
        if (data39.opencode !== undefined) {
          let data59 = data39.opencode;
          if (!(data59 && typeof data59 == 'object' && !Array.isArray(data59)) && data59 !== null) {
            const err106 = {
              instancePath: instancePath + '/agents/opencode',
              schemaPath: '#/definitions/agent/type',
              keyword: 'type',
              params: { type: schema13.type },
              message: 'must be object,null',
            };
            if (vErrors === null) {
              vErrors = [err106];
            } else {
              vErrors.push(err106);
            }
            errors++;
          }
          if (data59 && typeof data59 == 'object' && !Array.isArray(data59)) {
            for (const key19 in data59) {
              if (!(key19 === 'share_auth' || pattern0.test(key19))) {
                const err107 = {
                  instancePath: instancePath + '/agents/opencode',
                  schemaPath: '#/definitions/agent/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key19 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err107];
                } else {
                  vErrors.push(err107);
                }
                errors++;
              }
            }
            if (data59.share_auth !== undefined) {
              if (typeof data59.share_auth !== 'boolean') {
                const err108 = {
                  instancePath: instancePath + '/agents/opencode/share_auth',
                  schemaPath: '#/definitions/agent/properties/share_auth/type',
                  keyword: 'type',
                  params: { type: 'boolean' },
                  message: 'must be boolean',
                };
                if (vErrors === null) {
                  vErrors = [err108];
                } else {
                  vErrors.push(err108);
                }
                errors++;
              }
            }
          }
        }
      }
    }
    if (data.restart !== undefined) {
      let data61 = data.restart;
      if (typeof data61 !== 'string') {
        const err109 = {
          instancePath: instancePath + '/restart',
          schemaPath: '#/properties/restart/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err109];
        } else {
          vErrors.push(err109);
        }
        errors++;
      }
      if (!(data61 === 'no' || data61 === 'on-failure' || data61 === 'always')) {
        const err110 = {
          instancePath: instancePath + '/restart',
          schemaPath: '#/properties/restart/enum',
          keyword: 'enum',
          params: { allowedValues: schema12.properties.restart.enum },
          message: 'must be equal to one of the allowed values',
        };
        if (vErrors === null) {
          vErrors = [err110];
        } else {
          vErrors.push(err110);
        }
        errors++;
      }
    }
    if (data.warm !== undefined) {
      if (typeof data.warm !== 'boolean') {
        const err111 = {
          instancePath: instancePath + '/warm',
          schemaPath: '#/properties/warm/type',
          keyword: 'type',
          params: { type: 'boolean' },
          message: 'must be boolean',
        };
        if (vErrors === null) {
          vErrors = [err111];
        } else {
          vErrors.push(err111);
        }
        errors++;
      }
    }
    if (data.suspend_after !== undefined) {
      let data63 = data.suspend_after;
      if (typeof data63 === 'string') {
        if (!pattern29.test(data63)) {
          const err112 = {
            instancePath: instancePath + '/suspend_after',
            schemaPath: '#/properties/suspend_after/pattern',
            keyword: 'pattern',
            params: { pattern: '^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h))+$' },
            message: 'must match pattern "' + '^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h))+$' + '"',
          };
          if (vErrors === null) {
            vErrors = [err112];
          } else {
            vErrors.push(err112);
          }
          errors++;
        }
      } else {
        const err113 = {
          instancePath: instancePath + '/suspend_after',
          schemaPath: '#/properties/suspend_after/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err113];
        } else {
          vErrors.push(err113);
        }
        errors++;
      }
    }
    if (data.network !== undefined) {
      let data64 = data.network;
      if (typeof data64 !== 'string' && !(data64 && typeof data64 == 'object' && !Array.isArray(data64))) {
        const err114 = {
          instancePath: instancePath + '/network',
          schemaPath: '#/properties/network/type',
          keyword: 'type',
          params: { type: schema12.properties.network.type },
          message: 'must be string,object',
        };
        if (vErrors === null) {
          vErrors = [err114];
        } else {
          vErrors.push(err114);
        }
        errors++;
      }
      if (typeof data64 === 'string') {
        if (!pattern30.test(data64)) {
          const err115 = {
            instancePath: instancePath + '/network',
            schemaPath: '#/properties/network/pattern',
            keyword: 'pattern',
            params: { pattern: '^host$' },
            message: 'must match pattern "' + '^host$' + '"',
          };
          if (vErrors === null) {
            vErrors = [err115];
          } else {
            vErrors.push(err115);
          }
          errors++;
        }
      }
      if (data64 && typeof data64 == 'object' && !Array.isArray(data64)) {
        for (const key20 in data64) {
          if (!(key20 === 'host_loopback' || key20 === 'egress' || key20 === 'allow_host' || pattern0.test(key20))) {
            const err116 = {
              instancePath: instancePath + '/network',
              schemaPath: '#/properties/network/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key20 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err116];
            } else {
              vErrors.push(err116);
            }
            errors++;
          }
        }
        if (data64.host_loopback !== undefined) {
          if (typeof data64.host_loopback !== 'boolean') {
            const err117 = {
              instancePath: instancePath + '/network/host_loopback',
              schemaPath: '#/properties/network/properties/host_loopback/type',
              keyword: 'type',
              params: { type: 'boolean' },
              message: 'must be boolean',
            };
            if (vErrors === null) {
              vErrors = [err117];
            } else {
              vErrors.push(err117);
            }
            errors++;
          }
        }
        if (data64.egress !== undefined) {
          let data66 = data64.egress;
          if ((!data66 || typeof data66 != 'object') && typeof data66 !== 'string') {
            const err118 = {
              instancePath: instancePath + '/network/egress',
              schemaPath: '#/properties/network/properties/egress/type',
              keyword: 'type',
              params: { type: schema12.properties.network.properties.egress.type },
              message: 'must be string,array,object',
            };
            if (vErrors === null) {
              vErrors = [err118];
            } else {
              vErrors.push(err118);
            }
            errors++;
          }
          if (typeof data66 === 'string') {
            if (!pattern32.test(data66)) {
              const err119 = {
                instancePath: instancePath + '/network/egress',
                schemaPath: '#/properties/network/properties/egress/pattern',
                keyword: 'pattern',
                params: { pattern: '^(open|none)$' },
                message: 'must match pattern "' + '^(open|none)$' + '"',
              };
              if (vErrors === null) {
                vErrors = [err119];
              } else {
                vErrors.push(err119);
              }
              errors++;
            }
          }
          if (Array.isArray(data66)) {
            const len8 = data66.length;
            for (let i8 = 0; i8 < len8; i8++) {
              if (typeof data66[i8] !== 'string') {
                const err120 = {
                  instancePath: instancePath + '/network/egress/' + i8,
                  schemaPath: '#/properties/network/properties/egress/items/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err120];
                } else {
                  vErrors.push(err120);
                }
                errors++;
              }
            }
          }
          if (data66 && typeof data66 == 'object' && !Array.isArray(data66)) {
            for (const key21 in data66) {
              if (!(key21 === 'allow' || key21 === 'presets')) {
                const err121 = {
                  instancePath: instancePath + '/network/egress',
                  schemaPath: '#/properties/network/properties/egress/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key21 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err121];
                } else {
                  vErrors.push(err121);
                }
                errors++;
              }
            }
            if (data66.allow !== undefined) {
              let data68 = data66.allow;
              if (Array.isArray(data68)) {
                const len9 = data68.length;
                for (let i9 = 0; i9 < len9; i9++) {
                  if (typeof data68[i9] !== 'string') {
                    const err122 = {
                      instancePath: instancePath + '/network/egress/allow/' + i9,
                      schemaPath: '#/properties/network/properties/egress/properties/allow/items/type',
                      keyword: 'type',
                      params: { type: 'string' },
                      message: 'must be string',
                    };
                    if (vErrors === null) {
                      vErrors = [err122];
                    } else {
                      vErrors.push(err122);
                    }
                    errors++;
                  }
                }
              } else {
                const err123 = {
                  instancePath: instancePath + '/network/egress/allow',
                  schemaPath: '#/properties/network/properties/egress/properties/allow/type',
                  keyword: 'type',
                  params: { type: 'array' },
                  message: 'must be array',
                };
                if (vErrors === null) {
                  vErrors = [err123];
                } else {
                  vErrors.push(err123);
                }
                errors++;
              }
            }
            if (data66.presets !== undefined) {
              let data70 = data66.presets;
              if (Array.isArray(data70)) {
                const len10 = data70.length;
                for (let i10 = 0; i10 < len10; i10++) {
                  let data71 = data70[i10];
                  if (typeof data71 !== 'string') {
                    const err124 = {
                      instancePath: instancePath + '/network/egress/presets/' + i10,
                      schemaPath: '#/properties/network/properties/egress/properties/presets/items/type',
                      keyword: 'type',
                      params: { type: 'string' },
                      message: 'must be string',
                    };
                    if (vErrors === null) {
                      vErrors = [err124];
                    } else {
                      vErrors.push(err124);
                    }
                    errors++;
                  }
                  if (!(
                    data71 === 'claude' ||
                    data71 === 'npm' ||
                    data71 === 'pypi' ||
                    data71 === 'debian' ||
                    data71 === 'nix' ||
                    data71 === 'git'
                  )) {
                    const err125 = {
                      instancePath: instancePath + '/network/egress/presets/' + i10,
                      schemaPath: '#/properties/network/properties/egress/properties/presets/items/enum',
                      keyword: 'enum',
                      params: {
                        allowedValues: schema12.properties.network.properties.egress.properties.presets.items.enum,
                      },
                      message: 'must be equal to one of the allowed values',
                    };
                    if (vErrors === null) {
                      vErrors = [err125];
                    } else {
                      vErrors.push(err125);
                    }
                    errors++;
                  }
                }
              } else {
                const err126 = {
                  instancePath: instancePath + '/network/egress/presets',
                  schemaPath: '#/properties/network/properties/egress/properties/presets/type',
                  keyword: 'type',
                  params: { type: 'array' },
                  message: 'must be array',
                };
                if (vErrors === null) {
                  vErrors = [err126];
                } else {
                  vErrors.push(err126);
                }
                errors++;
              }
            }
          }
        }
        if (data64.allow_host !== undefined) {
          let data72 = data64.allow_host;
          if (Array.isArray(data72)) {
            const len11 = data72.length;
            for (let i11 = 0; i11 < len11; i11++) {
              let data73 = data72[i11];
              if (
                !(typeof data73 == 'number' && !(data73 % 1) && !isNaN(data73) && isFinite(data73)) &&
                typeof data73 !== 'string'
              ) {
                const err127 = {
                  instancePath: instancePath + '/network/allow_host/' + i11,
                  schemaPath: '#/properties/network/properties/allow_host/items/type',
                  keyword: 'type',
                  params: { type: schema12.properties.network.properties.allow_host.items.type },
                  message: 'must be integer,string',
                };
                if (vErrors === null) {
                  vErrors = [err127];
                } else {
                  vErrors.push(err127);
                }
                errors++;
              }
            }
          } else {
            const err128 = {
              instancePath: instancePath + '/network/allow_host',
              schemaPath: '#/properties/network/properties/allow_host/type',
              keyword: 'type',
              params: { type: 'array' },
              message: 'must be array',
            };
            if (vErrors === null) {
              vErrors = [err128];
            } else {
              vErrors.push(err128);
            }
            errors++;
          }
        }
      }
    }
    if (data.networks !== undefined) {
      let data74 = data.networks;
      if (!data74 || typeof data74 != 'object') {
        const err129 = {
          instancePath: instancePath + '/networks',
          schemaPath: '#/properties/networks/type',
          keyword: 'type',
          params: { type: schema12.properties.networks.type },
          message: 'must be array,object',
        };
        if (vErrors === null) {
          vErrors = [err129];
        } else {
          vErrors.push(err129);
        }
        errors++;
      }
      if (Array.isArray(data74)) {
        if (data74.length < 1) {
          const err130 = {
            instancePath: instancePath + '/networks',
            schemaPath: '#/properties/networks/minItems',
            keyword: 'minItems',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 items',
          };
          if (vErrors === null) {
            vErrors = [err130];
          } else {
            vErrors.push(err130);
          }
          errors++;
        }
        const len12 = data74.length;
        for (let i12 = 0; i12 < len12; i12++) {
          if (typeof data74[i12] !== 'string') {
            const err131 = {
              instancePath: instancePath + '/networks/' + i12,
              schemaPath: '#/properties/networks/items/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err131];
            } else {
              vErrors.push(err131);
            }
            errors++;
          }
        }
      }
      if (data74 && typeof data74 == 'object' && !Array.isArray(data74)) {
        if (Object.keys(data74).length < 1) {
          const err132 = {
            instancePath: instancePath + '/networks',
            schemaPath: '#/properties/networks/minProperties',
            keyword: 'minProperties',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 properties',
          };
          if (vErrors === null) {
            vErrors = [err132];
          } else {
            vErrors.push(err132);
          }
          errors++;
        }
        for (const key22 in data74) {
          let data76 = data74[key22];
          if (!(data76 && typeof data76 == 'object' && !Array.isArray(data76)) && data76 !== null) {
            const err133 = {
              instancePath: instancePath + '/networks/' + key22.replace(/~/g, '~0').replace(/\//g, '~1'),
              schemaPath: '#/properties/networks/additionalProperties/type',
              keyword: 'type',
              params: { type: schema12.properties.networks.additionalProperties.type },
              message: 'must be object,null',
            };
            if (vErrors === null) {
              vErrors = [err133];
            } else {
              vErrors.push(err133);
            }
            errors++;
          }
          if (data76 && typeof data76 == 'object' && !Array.isArray(data76)) {
            for (const key23 in data76) {
              if (!pattern0.test(key23)) {
                const err134 = {
                  instancePath: instancePath + '/networks/' + key22.replace(/~/g, '~0').replace(/\//g, '~1'),
                  schemaPath: '#/properties/networks/additionalProperties/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key23 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err134];
                } else {
                  vErrors.push(err134);
                }
                errors++;
              }
            }
          }
        }
      }
    }
    if (data.env !== undefined) {
      let data77 = data.env;
      if (!data77 || typeof data77 != 'object') {
        const err135 = {
          instancePath: instancePath + '/env',
          schemaPath: '#/properties/env/type',
          keyword: 'type',
          params: { type: schema12.properties.env.type },
          message: 'must be object,array',
        };
        if (vErrors === null) {
          vErrors = [err135];
        } else {
          vErrors.push(err135);
        }
        errors++;
      }
      if (Array.isArray(data77)) {
        const len13 = data77.length;
        for (let i13 = 0; i13 < len13; i13++) {
          if (typeof data77[i13] !== 'string') {
            const err136 = {
              instancePath: instancePath + '/env/' + i13,
              schemaPath: '#/properties/env/items/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err136];
            } else {
              vErrors.push(err136);
            }
            errors++;
          }
        }
      }
      if (data77 && typeof data77 == 'object' && !Array.isArray(data77)) {
        for (const key24 in data77) {
          let data79 = data77[key24];
          if (
            typeof data79 !== 'string' &&
            !(typeof data79 == 'number' && isFinite(data79)) &&
            typeof data79 !== 'boolean' &&
            data79 !== null
          ) {
            const err137 = {
              instancePath: instancePath + '/env/' + key24.replace(/~/g, '~0').replace(/\//g, '~1'),
              schemaPath: '#/properties/env/additionalProperties/type',
              keyword: 'type',
              params: { type: schema12.properties.env.additionalProperties.type },
              message: 'must be string,number,boolean,null',
            };
            if (vErrors === null) {
              vErrors = [err137];
            } else {
              vErrors.push(err137);
            }
            errors++;
          }
        }
      }
    }
    if (data.secrets !== undefined) {
      let data80 = data.secrets;
      if (data80 && typeof data80 == 'object' && !Array.isArray(data80)) {
        for (const key25 in data80) {
          if (!pattern0.test(key25)) {
            let data81 = data80[key25];
            if (data81 && typeof data81 == 'object' && !Array.isArray(data81)) {
              for (const key26 in data81) {
                if (!(key26 === 'from' || key26 === 'hosts' || pattern0.test(key26))) {
                  const err138 = {
                    instancePath: instancePath + '/secrets/' + key25.replace(/~/g, '~0').replace(/\//g, '~1'),
                    schemaPath: '#/properties/secrets/additionalProperties/additionalProperties',
                    keyword: 'additionalProperties',
                    params: { additionalProperty: key26 },
                    message: 'must NOT have additional properties',
                  };
                  if (vErrors === null) {
                    vErrors = [err138];
                  } else {
                    vErrors.push(err138);
                  }
                  errors++;
                }
              }
              if (data81.from !== undefined) {
                let data82 = data81.from;
                if (typeof data82 !== 'string' && !(data82 && typeof data82 == 'object' && !Array.isArray(data82))) {
                  const err139 = {
                    instancePath: instancePath + '/secrets/' + key25.replace(/~/g, '~0').replace(/\//g, '~1') + '/from',
                    schemaPath: '#/properties/secrets/additionalProperties/properties/from/type',
                    keyword: 'type',
                    params: { type: schema12.properties.secrets.additionalProperties.properties.from.type },
                    message: 'must be string,object',
                  };
                  if (vErrors === null) {
                    vErrors = [err139];
                  } else {
                    vErrors.push(err139);
                  }
                  errors++;
                }
                if (typeof data82 === 'string') {
                  if (!pattern36.test(data82)) {
                    const err140 = {
                      instancePath:
                        instancePath + '/secrets/' + key25.replace(/~/g, '~0').replace(/\//g, '~1') + '/from',
                      schemaPath: '#/properties/secrets/additionalProperties/properties/from/pattern',
                      keyword: 'pattern',
                      params: { pattern: '^env$' },
                      message: 'must match pattern "' + '^env$' + '"',
                    };
                    if (vErrors === null) {
                      vErrors = [err140];
                    } else {
                      vErrors.push(err140);
                    }
                    errors++;
                  }
                }
                if (data82 && typeof data82 == 'object' && !Array.isArray(data82)) {
                  for (const key27 in data82) {
                    if (!(key27 === 'env')) {
                      const err141 = {
                        instancePath:
                          instancePath + '/secrets/' + key25.replace(/~/g, '~0').replace(/\//g, '~1') + '/from',
                        schemaPath: '#/properties/secrets/additionalProperties/properties/from/additionalProperties',
                        keyword: 'additionalProperties',
                        params: { additionalProperty: key27 },
                        message: 'must NOT have additional properties',
                      };
                      if (vErrors === null) {
                        vErrors = [err141];
                      } else {
                        vErrors.push(err141);
                      }
                      errors++;
                    }
                  }
                  if (data82.env !== undefined) {
                    if (typeof data82.env !== 'string') {
                      const err142 = {
                        instancePath:
                          instancePath + '/secrets/' + key25.replace(/~/g, '~0').replace(/\//g, '~1') + '/from/env',
                        schemaPath: '#/properties/secrets/additionalProperties/properties/from/properties/env/type',
                        keyword: 'type',
                        params: { type: 'string' },
                        message: 'must be string',
                      };
                      if (vErrors === null) {
                        vErrors = [err142];
                      } else {
                        vErrors.push(err142);
                      }
                      errors++;
                    }
                  }
                }
              }
              if (data81.hosts !== undefined) {
                let data84 = data81.hosts;
                if (Array.isArray(data84)) {
                  const len14 = data84.length;
                  for (let i14 = 0; i14 < len14; i14++) {
                    if (typeof data84[i14] !== 'string') {
                      const err143 = {
                        instancePath:
                          instancePath + '/secrets/' + key25.replace(/~/g, '~0').replace(/\//g, '~1') + '/hosts/' + i14,
                        schemaPath: '#/properties/secrets/additionalProperties/properties/hosts/items/type',
                        keyword: 'type',
                        params: { type: 'string' },
                        message: 'must be string',
                      };
                      if (vErrors === null) {
                        vErrors = [err143];
                      } else {
                        vErrors.push(err143);
                      }
                      errors++;
                    }
                  }
                } else {
                  const err144 = {
                    instancePath:
                      instancePath + '/secrets/' + key25.replace(/~/g, '~0').replace(/\//g, '~1') + '/hosts',
                    schemaPath: '#/properties/secrets/additionalProperties/properties/hosts/type',
                    keyword: 'type',
                    params: { type: 'array' },
                    message: 'must be array',
                  };
                  if (vErrors === null) {
                    vErrors = [err144];
                  } else {
                    vErrors.push(err144);
                  }
                  errors++;
                }
              }
            } else {
              const err145 = {
                instancePath: instancePath + '/secrets/' + key25.replace(/~/g, '~0').replace(/\//g, '~1'),
                schemaPath: '#/properties/secrets/additionalProperties/type',
                keyword: 'type',
                params: { type: 'object' },
                message: 'must be object',
              };
              if (vErrors === null) {
                vErrors = [err145];
              } else {
                vErrors.push(err145);
              }
              errors++;
            }
          }
        }
      } else {
        const err146 = {
          instancePath: instancePath + '/secrets',
          schemaPath: '#/properties/secrets/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err146];
        } else {
          vErrors.push(err146);
        }
        errors++;
      }
    }
    if (data.env_file !== undefined) {
      let data86 = data.env_file;
      if (typeof data86 !== 'string' && !Array.isArray(data86)) {
        const err147 = {
          instancePath: instancePath + '/env_file',
          schemaPath: '#/properties/env_file/type',
          keyword: 'type',
          params: { type: schema12.properties.env_file.type },
          message: 'must be string,array',
        };
        if (vErrors === null) {
          vErrors = [err147];
        } else {
          vErrors.push(err147);
        }
        errors++;
      }
      if (Array.isArray(data86)) {
        const len15 = data86.length;
        for (let i15 = 0; i15 < len15; i15++) {
          if (typeof data86[i15] !== 'string') {
            const err148 = {
              instancePath: instancePath + '/env_file/' + i15,
              schemaPath: '#/properties/env_file/items/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err148];
            } else {
              vErrors.push(err148);
            }
            errors++;
          }
        }
      }
    }
    if (data.provision !== undefined) {
      let data88 = data.provision;
      if (Array.isArray(data88)) {
        const len16 = data88.length;
        for (let i16 = 0; i16 < len16; i16++) {
          if (typeof data88[i16] !== 'string') {
            const err149 = {
              instancePath: instancePath + '/provision/' + i16,
              schemaPath: '#/properties/provision/items/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err149];
            } else {
              vErrors.push(err149);
            }
            errors++;
          }
        }
      } else {
        const err150 = {
          instancePath: instancePath + '/provision',
          schemaPath: '#/properties/provision/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err150];
        } else {
          vErrors.push(err150);
        }
        errors++;
      }
    }
    if (data.depends_on !== undefined) {
      let data90 = data.depends_on;
      if (!data90 || typeof data90 != 'object') {
        const err151 = {
          instancePath: instancePath + '/depends_on',
          schemaPath: '#/properties/depends_on/type',
          keyword: 'type',
          params: { type: schema12.properties.depends_on.type },
          message: 'must be array,object',
        };
        if (vErrors === null) {
          vErrors = [err151];
        } else {
          vErrors.push(err151);
        }
        errors++;
      }
      if (Array.isArray(data90)) {
        const len17 = data90.length;
        for (let i17 = 0; i17 < len17; i17++) {
          if (typeof data90[i17] !== 'string') {
            const err152 = {
              instancePath: instancePath + '/depends_on/' + i17,
              schemaPath: '#/properties/depends_on/items/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err152];
            } else {
              vErrors.push(err152);
            }
            errors++;
          }
        }
      }
      if (data90 && typeof data90 == 'object' && !Array.isArray(data90)) {
        for (const key28 in data90) {
          let data92 = data90[key28];
          if (data92 && typeof data92 == 'object' && !Array.isArray(data92)) {
            for (const key29 in data92) {
              if (!(key29 === 'condition' || pattern0.test(key29))) {
                const err153 = {
                  instancePath: instancePath + '/depends_on/' + key28.replace(/~/g, '~0').replace(/\//g, '~1'),
                  schemaPath: '#/properties/depends_on/additionalProperties/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key29 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err153];
                } else {
                  vErrors.push(err153);
                }
                errors++;
              }
            }
            if (data92.condition !== undefined) {
              let data93 = data92.condition;
              if (typeof data93 !== 'string') {
                const err154 = {
                  instancePath:
                    instancePath + '/depends_on/' + key28.replace(/~/g, '~0').replace(/\//g, '~1') + '/condition',
                  schemaPath: '#/properties/depends_on/additionalProperties/properties/condition/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err154];
                } else {
                  vErrors.push(err154);
                }
                errors++;
              }
              if (!(data93 === 'started' || data93 === 'ready' || data93 === 'healthy' || data93 === 'completed')) {
                const err155 = {
                  instancePath:
                    instancePath + '/depends_on/' + key28.replace(/~/g, '~0').replace(/\//g, '~1') + '/condition',
                  schemaPath: '#/properties/depends_on/additionalProperties/properties/condition/enum',
                  keyword: 'enum',
                  params: {
                    allowedValues: schema12.properties.depends_on.additionalProperties.properties.condition.enum,
                  },
                  message: 'must be equal to one of the allowed values',
                };
                if (vErrors === null) {
                  vErrors = [err155];
                } else {
                  vErrors.push(err155);
                }
                errors++;
              }
            }
          } else {
            const err156 = {
              instancePath: instancePath + '/depends_on/' + key28.replace(/~/g, '~0').replace(/\//g, '~1'),
              schemaPath: '#/properties/depends_on/additionalProperties/type',
              keyword: 'type',
              params: { type: 'object' },
              message: 'must be object',
            };
            if (vErrors === null) {
              vErrors = [err156];
            } else {
              vErrors.push(err156);
            }
            errors++;
          }
        }
      }
    }
    if (data.healthcheck !== undefined) {
      let data94 = data.healthcheck;
      if (data94 && typeof data94 == 'object' && !Array.isArray(data94)) {
        for (const key30 in data94) {
          if (!(
            key30 === 'test' ||
            key30 === 'interval' ||
            key30 === 'timeout' ||
            key30 === 'retries' ||
            key30 === 'start_period' ||
            pattern0.test(key30)
          )) {
            const err157 = {
              instancePath: instancePath + '/healthcheck',
              schemaPath: '#/properties/healthcheck/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key30 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err157];
            } else {
              vErrors.push(err157);
            }
            errors++;
          }
        }
        if (data94.test !== undefined) {
          let data95 = data94.test;
          if (typeof data95 !== 'string' && !Array.isArray(data95)) {
            const err158 = {
              instancePath: instancePath + '/healthcheck/test',
              schemaPath: '#/properties/healthcheck/properties/test/type',
              keyword: 'type',
              params: { type: schema12.properties.healthcheck.properties.test.type },
              message: 'must be string,array',
            };
            if (vErrors === null) {
              vErrors = [err158];
            } else {
              vErrors.push(err158);
            }
            errors++;
          }
          if (Array.isArray(data95)) {
            const len18 = data95.length;
            for (let i18 = 0; i18 < len18; i18++) {
              if (typeof data95[i18] !== 'string') {
                const err159 = {
                  instancePath: instancePath + '/healthcheck/test/' + i18,
                  schemaPath: '#/properties/healthcheck/properties/test/items/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err159];
                } else {
                  vErrors.push(err159);
                }
                errors++;
              }
            }
          }
        }
        if (data94.interval !== undefined) {
          let data97 = data94.interval;
          if (typeof data97 === 'string') {
            if (!pattern29.test(data97)) {
              const err160 = {
                instancePath: instancePath + '/healthcheck/interval',
                schemaPath: '#/properties/healthcheck/properties/interval/pattern',
                keyword: 'pattern',
                params: { pattern: '^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h))+$' },
                message: 'must match pattern "' + '^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h))+$' + '"',
              };
              if (vErrors === null) {
                vErrors = [err160];
              } else {
                vErrors.push(err160);
              }
              errors++;
            }
          } else {
            const err161 = {
              instancePath: instancePath + '/healthcheck/interval',
              schemaPath: '#/properties/healthcheck/properties/interval/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err161];
            } else {
              vErrors.push(err161);
            }
            errors++;
          }
        }
        if (data94.timeout !== undefined) {
          let data98 = data94.timeout;
          if (typeof data98 === 'string') {
            if (!pattern29.test(data98)) {
              const err162 = {
                instancePath: instancePath + '/healthcheck/timeout',
                schemaPath: '#/properties/healthcheck/properties/timeout/pattern',
                keyword: 'pattern',
                params: { pattern: '^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h))+$' },
                message: 'must match pattern "' + '^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h))+$' + '"',
              };
              if (vErrors === null) {
                vErrors = [err162];
              } else {
                vErrors.push(err162);
              }
              errors++;
            }
          } else {
            const err163 = {
              instancePath: instancePath + '/healthcheck/timeout',
              schemaPath: '#/properties/healthcheck/properties/timeout/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err163];
            } else {
              vErrors.push(err163);
            }
            errors++;
          }
        }
        if (data94.retries !== undefined) {
          let data99 = data94.retries;
          if (!(typeof data99 == 'number' && !(data99 % 1) && !isNaN(data99) && isFinite(data99))) {
            const err164 = {
              instancePath: instancePath + '/healthcheck/retries',
              schemaPath: '#/properties/healthcheck/properties/retries/type',
              keyword: 'type',
              params: { type: 'integer' },
              message: 'must be integer',
            };
            if (vErrors === null) {
              vErrors = [err164];
            } else {
              vErrors.push(err164);
            }
            errors++;
          }
          if (typeof data99 == 'number' && isFinite(data99)) {
            if (data99 > 1000 || isNaN(data99)) {
              const err165 = {
                instancePath: instancePath + '/healthcheck/retries',
                schemaPath: '#/properties/healthcheck/properties/retries/maximum',
                keyword: 'maximum',
                params: { comparison: '<=', limit: 1000 },
                message: 'must be <= 1000',
              };
              if (vErrors === null) {
                vErrors = [err165];
              } else {
                vErrors.push(err165);
              }
              errors++;
            }
            if (data99 < 1 || isNaN(data99)) {
              const err166 = {
                instancePath: instancePath + '/healthcheck/retries',
                schemaPath: '#/properties/healthcheck/properties/retries/minimum',
                keyword: 'minimum',
                params: { comparison: '>=', limit: 1 },
                message: 'must be >= 1',
              };
              if (vErrors === null) {
                vErrors = [err166];
              } else {
                vErrors.push(err166);
              }
              errors++;
            }
          }
        }
        if (data94.start_period !== undefined) {
          let data100 = data94.start_period;
          if (typeof data100 === 'string') {
            if (!pattern29.test(data100)) {
              const err167 = {
                instancePath: instancePath + '/healthcheck/start_period',
                schemaPath: '#/properties/healthcheck/properties/start_period/pattern',
                keyword: 'pattern',
                params: { pattern: '^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h))+$' },
                message: 'must match pattern "' + '^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h))+$' + '"',
              };
              if (vErrors === null) {
                vErrors = [err167];
              } else {
                vErrors.push(err167);
              }
              errors++;
            }
          } else {
            const err168 = {
              instancePath: instancePath + '/healthcheck/start_period',
              schemaPath: '#/properties/healthcheck/properties/start_period/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err168];
            } else {
              vErrors.push(err168);
            }
            errors++;
          }
        }
      } else {
        const err169 = {
          instancePath: instancePath + '/healthcheck',
          schemaPath: '#/properties/healthcheck/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err169];
        } else {
          vErrors.push(err169);
        }
        errors++;
      }
    }
    if (data.profiles !== undefined) {
      let data101 = data.profiles;
      if (Array.isArray(data101)) {
        const len19 = data101.length;
        for (let i19 = 0; i19 < len19; i19++) {
          if (typeof data101[i19] !== 'string') {
            const err170 = {
              instancePath: instancePath + '/profiles/' + i19,
              schemaPath: '#/properties/profiles/items/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err170];
            } else {
              vErrors.push(err170);
            }
            errors++;
          }
        }
      } else {
        const err171 = {
          instancePath: instancePath + '/profiles',
          schemaPath: '#/properties/profiles/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err171];
        } else {
          vErrors.push(err171);
        }
        errors++;
      }
    }
    if (data.unset !== undefined) {
      let data103 = data.unset;
      if (Array.isArray(data103)) {
        const len20 = data103.length;
        for (let i20 = 0; i20 < len20; i20++) {
          if (typeof data103[i20] !== 'string') {
            const err172 = {
              instancePath: instancePath + '/unset/' + i20,
              schemaPath: '#/properties/unset/items/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err172];
            } else {
              vErrors.push(err172);
            }
            errors++;
          }
        }
      } else {
        const err173 = {
          instancePath: instancePath + '/unset',
          schemaPath: '#/properties/unset/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err173];
        } else {
          vErrors.push(err173);
        }
        errors++;
      }
    }
    if (data.extends !== undefined) {
      let data105 = data.extends;
      if (typeof data105 !== 'string' && !(data105 && typeof data105 == 'object' && !Array.isArray(data105))) {
        const err174 = {
          instancePath: instancePath + '/extends',
          schemaPath: '#/properties/extends/type',
          keyword: 'type',
          params: { type: schema12.properties.extends.type },
          message: 'must be string,object',
        };
        if (vErrors === null) {
          vErrors = [err174];
        } else {
          vErrors.push(err174);
        }
        errors++;
      }
      if (data105 && typeof data105 == 'object' && !Array.isArray(data105)) {
        for (const key31 in data105) {
          if (!(key31 === 'file' || key31 === 'vm' || pattern0.test(key31))) {
            const err175 = {
              instancePath: instancePath + '/extends',
              schemaPath: '#/properties/extends/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key31 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err175];
            } else {
              vErrors.push(err175);
            }
            errors++;
          }
        }
        if (data105.file !== undefined) {
          if (typeof data105.file !== 'string') {
            const err176 = {
              instancePath: instancePath + '/extends/file',
              schemaPath: '#/properties/extends/properties/file/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err176];
            } else {
              vErrors.push(err176);
            }
            errors++;
          }
        }
        if (data105.vm !== undefined) {
          if (typeof data105.vm !== 'string') {
            const err177 = {
              instancePath: instancePath + '/extends/vm',
              schemaPath: '#/properties/extends/properties/vm/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err177];
            } else {
              vErrors.push(err177);
            }
            errors++;
          }
        }
      }
    }
    if (data.labels !== undefined) {
      let data108 = data.labels;
      if (!data108 || typeof data108 != 'object') {
        const err178 = {
          instancePath: instancePath + '/labels',
          schemaPath: '#/properties/labels/type',
          keyword: 'type',
          params: { type: schema12.properties.labels.type },
          message: 'must be object,array',
        };
        if (vErrors === null) {
          vErrors = [err178];
        } else {
          vErrors.push(err178);
        }
        errors++;
      }
      if (Array.isArray(data108)) {
        const len21 = data108.length;
        for (let i21 = 0; i21 < len21; i21++) {
          if (typeof data108[i21] !== 'string') {
            const err179 = {
              instancePath: instancePath + '/labels/' + i21,
              schemaPath: '#/properties/labels/items/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err179];
            } else {
              vErrors.push(err179);
            }
            errors++;
          }
        }
      }
      if (data108 && typeof data108 == 'object' && !Array.isArray(data108)) {
        for (const key32 in data108) {
          let data110 = data108[key32];
          if (
            typeof data110 !== 'string' &&
            !(typeof data110 == 'number' && isFinite(data110)) &&
            typeof data110 !== 'boolean' &&
            data110 !== null
          ) {
            const err180 = {
              instancePath: instancePath + '/labels/' + key32.replace(/~/g, '~0').replace(/\//g, '~1'),
              schemaPath: '#/properties/labels/additionalProperties/type',
              keyword: 'type',
              params: { type: schema12.properties.labels.additionalProperties.type },
              message: 'must be string,number,boolean,null',
            };
            if (vErrors === null) {
              vErrors = [err180];
            } else {
              vErrors.push(err180);
            }
            errors++;
          }
        }
      }
    }
  }
  validate11.errors = vErrors;
  return errors === 0;
}

function validate10(data, { instancePath = '', parentData, parentDataProperty, rootData = data } = {}) {
  /*# sourceURL="urn:ai-vm:schema:config" */ let vErrors = null;
  let errors = 0;
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    for (const key0 in data) {
      if (!(func2.call(schema11.properties, key0) || pattern0.test(key0))) {
        const err0 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
          message: 'must NOT have additional properties',
        };
        if (vErrors === null) {
          vErrors = [err0];
        } else {
          vErrors.push(err0);
        }
        errors++;
      }
    }
    if (data.$schema !== undefined) {
      if (typeof data.$schema !== 'string') {
        const err1 = {
          instancePath: instancePath + '/$schema',
          schemaPath: '#/properties/%24schema/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err1];
        } else {
          vErrors.push(err1);
        }
        errors++;
      }
    }
    if (data.name !== undefined) {
      if (typeof data.name !== 'string') {
        const err2 = {
          instancePath: instancePath + '/name',
          schemaPath: '#/properties/name/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err2];
        } else {
          vErrors.push(err2);
        }
        errors++;
      }
    }
    if (data.vms !== undefined) {
      let data2 = data.vms;
      if (data2 && typeof data2 == 'object' && !Array.isArray(data2)) {
        if (Object.keys(data2).length < 1) {
          const err3 = {
            instancePath: instancePath + '/vms',
            schemaPath: '#/properties/vms/minProperties',
            keyword: 'minProperties',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 properties',
          };
          if (vErrors === null) {
            vErrors = [err3];
          } else {
            vErrors.push(err3);
          }
          errors++;
        }
        for (const key1 in data2) {
          if (!pattern1.test(key1)) {
            const err4 = {
              instancePath: instancePath + '/vms',
              schemaPath: '#/properties/vms/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key1 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err4];
            } else {
              vErrors.push(err4);
            }
            errors++;
          }
        }
        for (const key2 in data2) {
          if (pattern1.test(key2)) {
            if (
              !validate11(data2[key2], {
                instancePath: instancePath + '/vms/' + key2.replace(/~/g, '~0').replace(/\//g, '~1'),
                parentData: data2,
                parentDataProperty: key2,
                rootData,
              })
            ) {
              vErrors = vErrors === null ? validate11.errors : vErrors.concat(validate11.errors);
              errors = vErrors.length;
            }
          }
        }
      } else {
        const err5 = {
          instancePath: instancePath + '/vms',
          schemaPath: '#/properties/vms/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err5];
        } else {
          vErrors.push(err5);
        }
        errors++;
      }
    }
    if (data.defaults !== undefined) {
      if (
        !validate11(data.defaults, {
          instancePath: instancePath + '/defaults',
          parentData: data,
          parentDataProperty: 'defaults',
          rootData,
        })
      ) {
        vErrors = vErrors === null ? validate11.errors : vErrors.concat(validate11.errors);
        errors = vErrors.length;
      }
    }
    if (data.networks !== undefined) {
      let data5 = data.networks;
      if (data5 && typeof data5 == 'object' && !Array.isArray(data5)) {
        for (const key3 in data5) {
          if (!pattern43.test(key3)) {
            const err6 = {
              instancePath: instancePath + '/networks',
              schemaPath: '#/properties/networks/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key3 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err6];
            } else {
              vErrors.push(err6);
            }
            errors++;
          }
        }
        for (const key4 in data5) {
          if (pattern43.test(key4)) {
            let data6 = data5[key4];
            if (!(data6 && typeof data6 == 'object' && !Array.isArray(data6)) && data6 !== null) {
              const err7 = {
                instancePath: instancePath + '/networks/' + key4.replace(/~/g, '~0').replace(/\//g, '~1'),
                schemaPath:
                  '#/properties/networks/patternProperties/%5E%5BA-Za-z0-9%5D%5BA-Za-z0-9_.-%5D%7B0%2C62%7D%24/type',
                keyword: 'type',
                params: {
                  type: schema11.properties.networks.patternProperties['^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$'].type,
                },
                message: 'must be object,null',
              };
              if (vErrors === null) {
                vErrors = [err7];
              } else {
                vErrors.push(err7);
              }
              errors++;
            }
            if (data6 && typeof data6 == 'object' && !Array.isArray(data6)) {
              for (const key5 in data6) {
                if (!pattern0.test(key5)) {
                  const err8 = {
                    instancePath: instancePath + '/networks/' + key4.replace(/~/g, '~0').replace(/\//g, '~1'),
                    schemaPath:
                      '#/properties/networks/patternProperties/%5E%5BA-Za-z0-9%5D%5BA-Za-z0-9_.-%5D%7B0%2C62%7D%24/additionalProperties',
                    keyword: 'additionalProperties',
                    params: { additionalProperty: key5 },
                    message: 'must NOT have additional properties',
                  };
                  if (vErrors === null) {
                    vErrors = [err8];
                  } else {
                    vErrors.push(err8);
                  }
                  errors++;
                }
              }
            }
          }
        }
      } else {
        const err9 = {
          instancePath: instancePath + '/networks',
          schemaPath: '#/properties/networks/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err9];
        } else {
          vErrors.push(err9);
        }
        errors++;
      }
    }
    if (data.location !== undefined) {
      let data7 = data.location;
      if (typeof data7 !== 'string') {
        const err10 = {
          instancePath: instancePath + '/location',
          schemaPath: '#/properties/location/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err10];
        } else {
          vErrors.push(err10);
        }
        errors++;
      }
      if (!(data7 === 'user' || data7 === 'project')) {
        const err11 = {
          instancePath: instancePath + '/location',
          schemaPath: '#/properties/location/enum',
          keyword: 'enum',
          params: { allowedValues: schema11.properties.location.enum },
          message: 'must be equal to one of the allowed values',
        };
        if (vErrors === null) {
          vErrors = [err11];
        } else {
          vErrors.push(err11);
        }
        errors++;
      }
    }
    if (data.secrets !== undefined) {
      let data8 = data.secrets;
      if (Array.isArray(data8)) {
        const len0 = data8.length;
        for (let i0 = 0; i0 < len0; i0++) {
          if (typeof data8[i0] !== 'string') {
            const err12 = {
              instancePath: instancePath + '/secrets/' + i0,
              schemaPath: '#/properties/secrets/items/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err12];
            } else {
              vErrors.push(err12);
            }
            errors++;
          }
        }
      } else {
        const err13 = {
          instancePath: instancePath + '/secrets',
          schemaPath: '#/properties/secrets/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err13];
        } else {
          vErrors.push(err13);
        }
        errors++;
      }
    }
    if (data.unset !== undefined) {
      let data10 = data.unset;
      if (Array.isArray(data10)) {
        const len1 = data10.length;
        for (let i1 = 0; i1 < len1; i1++) {
          let data11 = data10[i1];
          if (typeof data11 === 'string') {
            if (!pattern46.test(data11)) {
              const err14 = {
                instancePath: instancePath + '/unset/' + i1,
                schemaPath: '#/properties/unset/items/pattern',
                keyword: 'pattern',
                params: { pattern: '^vms\\.[A-Za-z0-9][A-Za-z0-9_-]{0,62}$' },
                message: 'must match pattern "' + '^vms\\.[A-Za-z0-9][A-Za-z0-9_-]{0,62}$' + '"',
              };
              if (vErrors === null) {
                vErrors = [err14];
              } else {
                vErrors.push(err14);
              }
              errors++;
            }
          } else {
            const err15 = {
              instancePath: instancePath + '/unset/' + i1,
              schemaPath: '#/properties/unset/items/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err15];
            } else {
              vErrors.push(err15);
            }
            errors++;
          }
        }
      } else {
        const err16 = {
          instancePath: instancePath + '/unset',
          schemaPath: '#/properties/unset/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err16];
        } else {
          vErrors.push(err16);
        }
        errors++;
      }
    }
    if (data.include !== undefined) {
      let data12 = data.include;
      if (Array.isArray(data12)) {
        const len2 = data12.length;
        for (let i2 = 0; i2 < len2; i2++) {
          let data13 = data12[i2];
          if (typeof data13 !== 'string' && !(data13 && typeof data13 == 'object' && !Array.isArray(data13))) {
            const err17 = {
              instancePath: instancePath + '/include/' + i2,
              schemaPath: '#/properties/include/items/type',
              keyword: 'type',
              params: { type: schema11.properties.include.items.type },
              message: 'must be string,object',
            };
            if (vErrors === null) {
              vErrors = [err17];
            } else {
              vErrors.push(err17);
            }
            errors++;
          }
          if (data13 && typeof data13 == 'object' && !Array.isArray(data13)) {
            for (const key6 in data13) {
              if (!(key6 === 'path' || pattern0.test(key6))) {
                const err18 = {
                  instancePath: instancePath + '/include/' + i2,
                  schemaPath: '#/properties/include/items/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key6 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err18];
                } else {
                  vErrors.push(err18);
                }
                errors++;
              }
            }
            if (data13.path !== undefined) {
              if (typeof data13.path !== 'string') {
                const err19 = {
                  instancePath: instancePath + '/include/' + i2 + '/path',
                  schemaPath: '#/properties/include/items/properties/path/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err19];
                } else {
                  vErrors.push(err19);
                }
                errors++;
              }
            }
          }
        }
      } else {
        const err20 = {
          instancePath: instancePath + '/include',
          schemaPath: '#/properties/include/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err20];
        } else {
          vErrors.push(err20);
        }
        errors++;
      }
    }
  } else {
    const err21 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'object' },
      message: 'must be object',
    };
    if (vErrors === null) {
      vErrors = [err21];
    } else {
      vErrors.push(err21);
    }
    errors++;
  }
  validate10.errors = vErrors;
  return errors === 0;
}
