// What the lines of a language are made of, as data. The first rule that matches at a place wins; `until` is a stretch that may
// go on over lines. This is for reading, not for compiling: good enough is the aim, and no line takes more than one pass.
export type Kind = 'comment' | 'string' | 'number' | 'keyword' | 'name' | 'type' | 'tag' | 'attr' | 'inserted' | 'deleted' | 'meta';
export interface Rule {
  kind: Kind;
  match: RegExp; // sticky
  until?: RegExp; // global
}
export interface Language {
  rules: Rule[];
  keywords?: ReadonlySet<string>;
  types?: ReadonlySet<string>;
  ignoreCase?: boolean;
}

const words = (text: string): Set<string> => new Set(text.split(' '));
const rule = (kind: Kind, match: RegExp, until?: RegExp): Rule => ({ kind, match, until });

const block = rule('comment', /\/\*/y, /\*\//g);
const slashes = rule('comment', /\/\/.*/y);
const hash = rule('comment', /#.*/y);
const dashes = rule('comment', /--.*/y);
const double = rule('string', /"(?:[^"\\]|\\.)*"?/y);
const single = rule('string', /'(?:[^'\\]|\\.)*'?/y);
const char = rule('string', /'(?:[^'\\]|\\.[^']{0,8})'/y);
const backtick = rule('string', /`/y, /`/g);
const number = rule('number', /\b(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?)[a-zA-Z%]{0,4}/y);
const directive = rule('meta', /^[ ]*#[ ]*[a-z]+/y);
const decorator = rule('meta', /@[\w.]+/y);

const cKeywords = 'auto break case const continue default do else enum extern for goto if inline register restrict return sizeof static struct switch typedef union volatile while NULL true false';
const cTypes = words('void char short int long float double signed unsigned bool size_t ssize_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t uintptr_t FILE string vector auto');
const c: Language = { rules: [block, slashes, directive, double, char, number], keywords: words(cKeywords), types: cTypes };
const cpp: Language = {
  ...c,
  keywords: words(`${cKeywords} alignas catch class concept constexpr consteval co_await co_return co_yield decltype delete explicit export final friend mutable namespace new noexcept nullptr operator override private protected public requires static_assert template this throw try typename using virtual`),
};
const js: Language = {
  rules: [block, slashes, double, single, backtick, decorator, number],
  keywords: words('abstract any as async await break case catch class const continue debugger declare default delete do else enum export extends false finally for from function get if implements import in infer instanceof interface is keyof let namespace new null of private protected public readonly return satisfies set static super switch this throw true try type typeof undefined var void while with yield'),
  types: words('string number boolean object unknown never bigint symbol Array Map Set Promise Record Partial'),
};
const python: Language = {
  rules: [hash, rule('string', /[rbfuRBFU]{0,2}"""/y, /"""/g), rule('string', /[rbfuRBFU]{0,2}'''/y, /'''/g), rule('string', /[rbfuRBFU]{0,2}"(?:[^"\\]|\\.)*"?/y), rule('string', /[rbfuRBFU]{0,2}'(?:[^'\\]|\\.)*'?/y), decorator, number],
  keywords: words('and as assert async await break case class continue def del elif else except False finally for from global if import in is lambda match None nonlocal not or pass raise return self True try while with yield'),
  types: words('int float str bool bytes list dict set tuple object type Exception print len range'),
};
const shell: Language = {
  rules: [rule('comment', /(?:^|(?<=[\s;]))#.*/y), rule('string', /"/y, /(?<!\\)"/g), rule('string', /'/y, /'/g), rule('name', /\$(?:\w+|[#?@*$!-]|\{[^}]*\}?)/y), rule('attr', /(?<=\s)--?[a-zA-Z][\w-]*/y), number],
  keywords: words('if then else elif fi for in do done while until case esac function return exit export local readonly set unset shift trap source alias echo cd sudo'),
};
const go: Language = {
  rules: [block, slashes, double, char, backtick, number],
  keywords: words('break case chan const continue default defer else fallthrough false for func go goto if import interface iota map nil package range return select struct switch true type var'),
  types: words('any bool byte error float32 float64 int int8 int16 int32 int64 rune string uint uint8 uint16 uint32 uint64 uintptr'),
};
const rust: Language = {
  rules: [block, slashes, rule('meta', /#!?\[[^\]]*\]?/y), rule('string', /b?r?"/y, /(?<!\\)"/g), char, rule('name', /'\w+/y), number],
  keywords: words('as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true type unsafe use where while'),
  types: words('bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize String Vec Option Result Box Some None Ok Err'),
};
const java: Language = {
  rules: [block, slashes, rule('string', /"""/y, /"""/g), double, char, decorator, number],
  keywords: words('abstract as assert break case catch class companion const continue data default do else enum extends false final finally for fun if implements import in init instanceof interface internal is lateinit let native new null object open operator out override package private protected public record return sealed static super suspend switch synchronized this throw throws transient true try typealias val var volatile when while yield using namespace get set async await'),
  types: words('boolean byte char double float int long short void String Integer Boolean Double List Map Set Object Int Long Any Unit bool string decimal'),
};
const ruby: Language = {
  rules: [hash, double, single, rule('name', /[@$]{1,2}\w+|:\w+/y), number],
  keywords: words('alias and begin break case class def do else elsif end ensure false for if in include module next nil not or private protected public puts raise require rescue return self super then true unless until when while yield'),
};
const php: Language = {
  rules: [block, slashes, hash, double, single, rule('name', /\$\w+/y), rule('meta', /<\?php|\?>/y), number],
  keywords: words('abstract array as break case catch class const continue declare default do echo else elseif extends final finally fn for foreach function global if implements interface match namespace new null private protected public readonly return static switch throw trait true false try use var while yield'),
};
const swift: Language = {
  rules: [block, slashes, rule('string', /"""/y, /"""/g), double, decorator, number],
  keywords: words('as associatedtype async await break case catch class continue default defer do else enum extension false fileprivate for func guard if import in init inout internal is let nil open operator private protocol public repeat rethrows return self Self static struct subscript super switch throw throws true try typealias var where while'),
  types: words('Any Array Bool Character Dictionary Double Float Int Optional Set String UInt Void'),
};
const lua: Language = {
  rules: [rule('comment', /--\[\[/y, /\]\]/g), dashes, rule('string', /\[\[/y, /\]\]/g), double, single, number],
  keywords: words('and break do else elseif end false for function goto if in local nil not or repeat return then true until while'),
};
const sql: Language = {
  rules: [dashes, block, single, double, number],
  ignoreCase: true,
  keywords: words('add all alter and as asc begin between by case check column commit constraint create cross database default delete desc distinct drop else end exists explain foreign from full group having if in index inner insert into is join key left like limit not null offset on or order outer over partition primary references returning right rollback select set table then transaction trigger union unique update using values view when where with'),
  types: words('bigint blob boolean char date datetime decimal float int integer json numeric real serial smallint text time timestamp uuid varchar'),
};
const json: Language = { rules: [block, slashes, rule('attr', /"(?:[^"\\]|\\.)*"(?=\s*:)/y), double, number], keywords: words('true false null') };
const yaml: Language = {
  rules: [rule('comment', /(?:^|(?<=\s))#.*/y), rule('attr', /(?<=^|[\s{,-])[\w./-]+(?=\s*:(?:\s|$))/y), double, single, rule('name', /[&*][\w-]+/y), rule('meta', /^(?:---|\.\.\.)|![\w!]+/y), number],
  keywords: words('true false null yes no on off'),
};
const toml: Language = { rules: [hash, rule('tag', /^\s*\[[^\]]*\]+/y), rule('attr', /^\s*[\w.-]+(?=\s*=)/y), rule('comment', /^\s*;.*/y), rule('string', /"""/y, /"""/g), double, single, number], keywords: words('true false') };
const html: Language = {
  rules: [rule('comment', /<!--/y, /-->/g), rule('meta', /<![A-Za-z][^>]*>?/y), rule('tag', /<\/?[A-Za-z][\w:.-]*|\/?>/y), rule('attr', /[@:\w-]+(?==)/y), rule('string', /(?<==)"[^"]*"?|(?<==)'[^']*'?/y), rule('name', /&#?\w+;/y)],
};
const css: Language = {
  rules: [block, rule('comment', /\/\/.*/y), double, single, rule('meta', /@[\w-]+/y), rule('attr', /(?<=^|[\s;{])-?-?[a-z][\w-]*(?=\s*:\s)/y), rule('number', /#[\da-fA-F]{3,8}\b/y), rule('tag', /[.#][A-Za-z][\w-]*/y), number],
};
const diff: Language = { rules: [rule('meta', /^(?:@@|diff |index |\+\+\+|---).*/y), rule('inserted', /^\+.*/y), rule('deleted', /^-.*/y)] };
const make: Language = { rules: [hash, rule('name', /\$[({][^)}]*[)}]|\$./y), rule('tag', /^[\w./%-]+(?=\s*:)/y), double, single], keywords: words('ifeq ifneq ifdef ifndef else endif include define endef export FROM RUN COPY CMD ENV WORKDIR EXPOSE ENTRYPOINT ARG ADD USER VOLUME LABEL') };
const haskell: Language = {
  rules: [rule('comment', /\{-/y, /-\}/g), dashes, double, char, number],
  keywords: words('case class data deriving do else if import in infixl infixr instance let module newtype of otherwise then type where'),
};

const table: [string, Language][] = [
  ['c h', c],
  ['cpp c++ cc cxx hpp cuda objc', cpp],
  ['js javascript jsx ts typescript tsx mjs json5', js],
  ['py python python3', python],
  ['sh bash zsh shell console terminal fish', shell],
  ['go golang', go],
  ['rs rust zig', rust],
  ['java kotlin kt scala cs csharp c# groovy dart', java],
  ['rb ruby elixir ex crystal', ruby],
  ['php', php],
  ['swift', swift],
  ['lua', lua],
  ['sql sqlite mysql postgresql postgres plsql', sql],
  ['json jsonc', json],
  ['yaml yml', yaml],
  ['toml ini conf cfg properties', toml],
  ['html xml svg vue svelte xhtml', html],
  ['css scss less', css],
  ['diff patch', diff],
  ['make makefile dockerfile docker cmake', make],
  ['haskell hs elm ocaml ml', haskell],
];
const byName = new Map(table.flatMap(([names, language]) => names.split(' ').map((name) => [name, language] as const)));

export const languageOf = (name: string): Language | null => byName.get(name.toLowerCase()) ?? null;
