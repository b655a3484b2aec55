import { Lexer } from 'yaml';

/** Lexemes that are no part of the text. */
const CONTROL = ['\u0002', '\u0018', '\u001f'];

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
  for (const lexeme of new Lexer().lex(text)) {
    if (CONTROL.includes(lexeme)) continue;
    const isSpace = lexeme.trim() === '';
    if (lexeme === '[' || lexeme === '{') flow++;
    else if (lexeme === ']' || lexeme === '}') flow = Math.max(0, flow - 1);
    else if (flow === 0 && !isSpace && (atLineStart || lexeme === '-' || lexeme === '?')) {
      enterColumn(columns, offset - lineStart);
    }
    if (flow + columns.length > limit) return offset;
    offset += lexeme.length;
    const newline = lexeme.lastIndexOf('\n');
    if (newline >= 0) lineStart = offset - (lexeme.length - 1 - newline);
    atLineStart = newline >= 0 || (atLineStart && isSpace);
  }
  return undefined;
}

/** What begins at a column ends all that began there or to the right. */
function enterColumn(columns: number[], column: number): void {
  while (columns.length > 0 && (columns.at(-1) as number) >= column) columns.pop();
  columns.push(column);
}
