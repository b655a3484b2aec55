import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** A plugin package imports core and nothing else of ours; core imports none of them. */
const IMPORT_RULES = {
  core: ['@mmsr/*', 'mmsr-run'],
  heads: ['@mmsr/*', '!@mmsr/core', 'mmsr-run'],
  'backbone-*': ['@mmsr/*', '!@mmsr/core', 'mmsr-run'],
  data: ['@mmsr/*', '!@mmsr/core', 'mmsr-run'],
  report: ['@mmsr/*', '!@mmsr/core', 'mmsr-run'],
  'tracking-*': ['@mmsr/*', '!@mmsr/core', 'mmsr-run'],
  'engine-*': ['@mmsr/*', '!@mmsr/core', 'mmsr-run'],
};

const importRules = Object.entries(IMPORT_RULES).map(([folder, group]) => ({
  files: [`packages/${folder}/src/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group,
            message: 'Packages import core only, core none of ours; only packages/cli composes.',
          },
          { regex: '\\.\\./\\.\\./.*packages/', message: 'Import a package by its name.' },
        ],
      },
    ],
  },
}));

export default defineConfig(
  { ignores: ['**/dist/', '**/node_modules/', 'runs/', '.nx/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // Assertions after a name lookup in a Map or a plugin registry state what the code around them holds.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      // An async method may satisfy a contract without waiting for anything.
      '@typescript-eslint/require-await': 'off',
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 60, skipComments: true }],
    },
  },
  {
    files: ['**/*.test.ts', '**/*.integration.ts', '**/*.faults.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        performance: 'readonly',
        globalThis: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        AbortController: 'readonly',
      },
    },
  },
  {
    // What runs in the browser of whoever reads a report.
    files: ['packages/report/assets/*.js'],
    languageOptions: {
      sourceType: 'script',
      globals: { document: 'readonly', addEventListener: 'readonly' },
    },
  },
  ...importRules,
);
