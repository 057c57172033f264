// TeX's names and their characters. `mi` letters, `mo` operators; what a table does not know is shown by its name.
const pairs = (text: string): Map<string, string> => {
  const words = text.trim().split(/\s+/);
  const map = new Map<string, string>();
  for (let i = 0; i + 1 < words.length; i += 2) map.set(words[i]!, words[i + 1]!);
  return map;
};

export const letters = pairs(`
alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ lambda λ mu μ nu ν xi ξ omicron ο
pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ phi ϕ varphi φ chi χ psi ψ omega ω
Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω
hbar ℏ ell ℓ imath ı jmath ȷ Re ℜ Im ℑ wp ℘ aleph ℵ beth ℶ partial ∂ nabla ∇ infty ∞ emptyset ∅ varnothing ∅ top ⊤ bot ⊥ angle ∠
forall ∀ exists ∃ nexists ∄ neg ¬ lnot ¬ prime ′ backslash \\ degree ° square □ blacksquare ■ diamond ⋄ star ⋆ dag † ddag ‡ checkmark ✓
ldots … dots … cdots ⋯ vdots ⋮ ddots ⋱ dotsc … dotsb ⋯ % % # # & & _ _ $ $ triangle △ complement ∁ copyright © pounds £ S § P ¶`);

export const operators = pairs(`
times × div ÷ cdot ⋅ pm ± mp ∓ ast ∗ circ ∘ bullet • oplus ⊕ ominus ⊖ otimes ⊗ oslash ⊘ odot ⊙ wedge ∧ land ∧ vee ∨ lor ∨ cap ∩ cup ∪
setminus ∖ sqcap ⊓ sqcup ⊔ uplus ⊎ amalg ⨿
le ≤ leq ≤ ge ≥ geq ≥ leqslant ⩽ geqslant ⩾ ne ≠ neq ≠ ll ≪ gg ≫ equiv ≡ sim ∼ simeq ≃ approx ≈ cong ≅ propto ∝ doteq ≐ asymp ≍ lt < gt >
prec ≺ succ ≻ preceq ⪯ succeq ⪰ coloneqq ≔ triangleq ≜ in ∈ notin ∉ ni ∋ subset ⊂ supset ⊃ subseteq ⊆ supseteq ⊇ subsetneq ⊊ supsetneq ⊋ nsubseteq ⊈
mid ∣ nmid ∤ parallel ∥ perp ⊥ vdash ⊢ dashv ⊣ models ⊨ vDash ⊨ because ∵ therefore ∴ colon :
to → rightarrow → gets ← leftarrow ← leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐ Leftrightarrow ⇔ implies ⟹ impliedby ⟸ iff ⟺ mapsto ↦ longmapsto ⟼
longrightarrow ⟶ longleftarrow ⟵ Longrightarrow ⟹ hookrightarrow ↪ hookleftarrow ↩ uparrow ↑ downarrow ↓ updownarrow ↕ Uparrow ⇑ Downarrow ⇓ nearrow ↗ searrow ↘
rightharpoonup ⇀ rightharpoondown ⇁ rightleftharpoons ⇌ leadsto ⇝`);

/** Those whose limits stand above and below when there is room. */
export const large = pairs('sum ∑ prod ∏ coprod ∐ bigcup ⋃ bigcap ⋂ bigoplus ⨁ bigotimes ⨂ bigvee ⋁ bigwedge ⋀ bigsqcup ⨆');
export const integrals = pairs('int ∫ iint ∬ iiint ∭ oint ∮');

export const functions = new Set(
  'sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan exp log ln lg arg deg dim ker hom gcd'.split(' '),
);
export const limits = new Set('lim max min sup inf det Pr limsup liminf argmax argmin'.split(' '));

export const fences = pairs('lbrace { rbrace } langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ vert | Vert ‖ | ‖ { { } } lvert | rvert | lVert ‖ rVert ‖ lbrack [ rbrack ] lparen ( rparen )');

export const accents = pairs('hat ^ widehat ^ tilde ~ widetilde ~ bar ¯ overline ‾ vec → overrightarrow → dot ˙ ddot ¨ check ˇ breve ˘ acute ´ grave ` overbrace ⏞');
export const underAccents = pairs('underline _ underbrace ⏟');

/** Widths in em. */
// Tables are maps and not objects: a formula may name anything, "constructor" too.
export const spaces = new Map(Object.entries({ ',': 0.167, ':': 0.222, '>': 0.222, ';': 0.278, '!': -0.167, ' ': 0.25, '~': 0.25, quad: 1, qquad: 2, enspace: 0.5, thinspace: 0.167 }));

// Alphabets that Unicode has: the first letters' code points; a few characters had their places before.
const alphabets = new Map<string, [number, number, number]>(Object.entries({
  mathbf: [0x1d400, 0x1d41a, 0x1d7ce],
  boldsymbol: [0x1d468, 0x1d482, 0x1d7ce],
  bm: [0x1d468, 0x1d482, 0x1d7ce],
  mathcal: [0x1d49c, 0x1d4b6, 0],
  mathscr: [0x1d49c, 0x1d4b6, 0],
  mathfrak: [0x1d504, 0x1d51e, 0],
  mathbb: [0x1d538, 0x1d552, 0x1d7d8],
  mathsf: [0x1d5a0, 0x1d5ba, 0x1d7e2],
  mathtt: [0x1d670, 0x1d68a, 0x1d7f6],
}));
const earlier = new Map(Object.entries({
  mathbb: pairs('C ℂ H ℍ N ℕ P ℙ Q ℚ R ℝ Z ℤ'),
  mathcal: pairs('B ℬ E ℰ F ℱ H ℋ I ℐ L ℒ M ℳ R ℛ e ℯ g ℊ o ℴ'),
  mathscr: pairs('B ℬ E ℰ F ℱ H ℋ I ℐ L ℒ M ℳ R ℛ e ℯ g ℊ o ℴ'),
  mathfrak: pairs('C ℭ H ℌ I ℑ R ℜ Z ℨ'),
}));

export const isAlphabet = (name: string): boolean => alphabets.has(name) || name === 'mathrm' || name === 'mathit' || name === 'mathnormal';

export function inAlphabet(text: string, name: string): string {
  const starts = alphabets.get(name);
  if (!starts) return text;
  const [upper, lower, digit] = starts;
  return [...text]
    .map((c) => {
      const known = earlier.get(name)?.get(c);
      if (known) return known;
      if (c >= 'A' && c <= 'Z') return String.fromCodePoint(upper + c.charCodeAt(0) - 65);
      if (c >= 'a' && c <= 'z') return String.fromCodePoint(lower + c.charCodeAt(0) - 97);
      return c >= '0' && c <= '9' && digit ? String.fromCodePoint(digit + c.charCodeAt(0) - 48) : c;
    })
    .join('');
}
