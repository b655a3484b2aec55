import { Lexer } from 'yaml';

const CONTROL = ['\u0002', '\u0018', '\u001f'];
const SCALAR_FOLLOWS = '\u001f';

/**
 * Where a text nests more than `limit` levels deep, as an offset; undefined when it does not. It looks
 * at the lexer's flat stream, since the parser recurses and would run out of stack before it could tell.
 * Block levels are counted by their columns, so that a list directly under its key counts once for both.
 */
export function tooDeepAt(text: string, limit: number): number | undefined {
  const columns: number[] = [];
  let flow = 0;
  let offset = 0;
  let lineStart = 0;
  let atLineStart = true;
  let previous = '';
  for (const lexeme of new Lexer().lex(text)) {
    if (!CONTROL.includes(lexeme)) {
      const isSpace = lexeme.trim() === '';
      const indicator = previous === SCALAR_FOLLOWS ? '' : lexeme;
      if (indicator === '[' || indicator === '{') flow++;
      else if (indicator === ']' || indicator === '}') flow = Math.max(0, flow - 1);
      else if (flow === 0 && !isSpace && (atLineStart || indicator === '-' || indicator === '?')) {
        const column = offset - lineStart;
        while (columns.length > 0 && (columns.at(-1) as number) >= column) columns.pop();
        columns.push(column);
      }
      if (flow + columns.length > limit) return offset;
      offset += lexeme.length;
      const newline = lexeme.lastIndexOf('\n');
      if (newline >= 0) lineStart = offset - (lexeme.length - 1 - newline);
      atLineStart = newline >= 0 || (atLineStart && isSpace);
    }
    previous = lexeme;
  }
  return undefined;
}
