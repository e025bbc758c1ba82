(* All rotations and mirrors of the plane, and so every dihedral group, in two layers of one mirror a letter.

   Letters are matrices R(c, s) or R(c, s) S, with R(c, s) = [c -s; s c], c^2 + s^2 = 1, and S = diag(1, -1).
   Layer 1 has one number, started at 1, that changes its sign on every rotation: strength 2 or 0 on the key 1.
   Layer 2 has a state H of two rows, and does one mirror I - b k k^T, b |k|^2 = 2, on every letter; b and k depend on c, s and on the
   number in layer 1 after the letter, and on nothing else.

   Proved, over any field in which 2 is not 0, so for all m at once:
     plane_in_two_layers   after every word, H (if layer 1 has 1) or S H (if it has -1) is the product of the letters, the last one
                           leftmost, times the initial H.
     dihedral_in_two_layers   if R(c, s)^m = 1 and no smaller power is, then two layers track the dihedral group of the m-gon: a
                           function of the two states is the product in the group, for letters that are any elements of it.
     two_layers_reflect    every matrix of the two layers is I - b k k^T with b |k|^2 in {0, 2}.

   Limits.  H has two columns in dihedral_in_two_layers, so that the product can be read off; one column does when no element but 1
   fixes it (the papers' network; theory/papers/dihedral.py).  Exact arithmetic: over the rationals there are m = 1, 2 and 4 only. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From Deltaword Require Import householder simulate.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory.
Local Open Scope ring_scope.

Section Plane.
Variable F : fieldType.
Implicit Types a b c d s x y : F.

Definition mx2 a b c d : 'M[F]_2 := \matrix_(i, j) if i == 0 then (if j == 0 then a else b) else if j == 0 then c else d.
Definition vec2 x y : 'cV[F]_2 := \col_i if i == 0 then x else y.
Definition rot c s := mx2 c (- s) s c.
Definition flip := mx2 1 0 0 (-1).

Lemma mx2E (M : 'M[F]_2) : M = mx2 (M 0 0) (M 0 1) (M 1 0) (M 1 1).
Proof. by apply/matrixP => -[[|[|//]] Hi] [[|[|//]] Hj]; rewrite mxE /=; congr (M _ _); apply: val_inj. Qed.

Lemma mx2_mul a b c d a' b' c' d' :
  mx2 a b c d *m mx2 a' b' c' d' = mx2 (a * a' + b * c') (a * b' + b * d') (c * a' + d * c') (c * b' + d * d').
Proof. by apply/matrixP => -[[|[|//]] Hi] [[|[|//]] Hj]; rewrite !mxE !big_ord_recl big_ord0 !mxE /= addr0. Qed.

Lemma mx2_1 : 1%:M = mx2 1 0 0 1.
Proof. by apply/matrixP => -[[|[|//]] Hi] [[|[|//]] Hj]; rewrite !mxE. Qed.

Lemma GH2 b x y : GH b (vec2 x y) = mx2 (1 - b * (x * x)) (- (b * (x * y))) (- (b * (y * x))) (1 - b * (y * y)).
Proof.
by apply/matrixP => -[[|[|//]] Hi] [[|[|//]] Hj]; rewrite !mxE big_ord_recl big_ord0 !mxE /= addr0 ?sub0r.
Qed.

Lemma nsq2 x y : nsq (vec2 x y) = x * x + y * y.
Proof. by rewrite /nsq /dot mxE !big_ord_recl big_ord0 !mxE /= addr0. Qed.

Lemma flip_flip : flip *m flip = 1%:M.
Proof. by rewrite mx2_mul mx2_1; congr mx2; ring. Qed.

(* R(c, s) S as one mirror: strength and key *)
Definition mirror_step c s : F * 'cV[F]_2 := if c == 1 then (2%:R, vec2 0 1) else ((1 - c)^-1, vec2 (c - 1) s).

Lemma mirror_step_size c s : c ^+ 2 + s ^+ 2 = 1 -> (mirror_step c s).1 * nsq (mirror_step c s).2 = 2%:R.
Proof.
move=> cs; rewrite /mirror_step; case: eqP => [_|/eqP c1] /=; rewrite nsq2; first by ring.
have -> : (c - 1) * (c - 1) + s * s = (1 - c) * 2%:R by rewrite -[s * s]/(s ^+ 2) (canRL (addKr _) cs); ring.
by rewrite mulKf// subr_eq0 eq_sym.
Qed.

Lemma mirror_step_is c s : c ^+ 2 + s ^+ 2 = 1 -> GH (mirror_step c s).1 (mirror_step c s).2 = rot c s *m flip.
Proof.
move=> cs; have ss : s * s = (1 - c) * (1 + c) by rewrite -[s * s]/(s ^+ 2) (canRL (addKr _) cs); ring.
rewrite /mirror_step mx2_mul; case: eqP => [c1|/eqP c1] /=; rewrite GH2.
  have -> : s = 0 by apply/eqP; rewrite -[_ == 0]orbb -mulf_eq0 ss c1 subrr mul0r.
  by rewrite c1; congr mx2; ring.
have d0 : 1 - c != 0 by rewrite subr_eq0 eq_sym.
rewrite ss mulKf//; have -> : (1 - c)^-1 * ((c - 1) * (c - 1)) = 1 - c.
  by rewrite -[c - 1]opprB mulrNN mulKf.
have -> : (1 - c)^-1 * ((c - 1) * s) = - s by rewrite -[c - 1]opprB mulNr mulrN mulKf.
have -> : (1 - c)^-1 * (s * (c - 1)) = - s by rewrite [s * _]mulrC -[c - 1]opprB mulNr mulrN mulKf.
by congr mx2; ring.
Qed.

(* ------------------------------------------------------------------ the two layers *)

(* c, s, and whether S stands behind *)
Definition letter := (F * F * bool)%type.
Definition unit_letter (l : letter) := l.1.1 ^+ 2 + l.1.2 ^+ 2 == 1.
Definition element (l : letter) : 'M[F]_2 := rot l.1.1 l.1.2 *m (if l.2 then flip else 1%:M).

Definition step1 (l : letter) : F * 'cV[F]_1 := (if l.2 then 0 else 2%:R, const_mx 1).
Definition step2 (h : 'cV[F]_1) (l : letter) : F * 'cV[F]_2 := mirror_step l.1.1 (if h 0 0 == 1 then l.1.2 else - l.1.2).

Variable n : nat.
Definition two_layers (hH : 'cV[F]_1 * 'M[F]_(2, n)) (l : letter) :=
  let h := GH (step1 l).1 (step1 l).2 *m hH.1 in (h, GH (step2 h l).1 (step2 h l).2 *m hH.2).
Definition start (H : 'M[F]_(2, n)) : 'cV[F]_1 * 'M[F]_(2, n) := (const_mx 1, H).
Definition read (hH : 'cV[F]_1 * 'M[F]_(2, n)) := if hH.1 0 0 == 1 then hH.2 else flip *m hH.2.

Theorem two_layers_reflect h l : unit_letter l ->
  ((step1 l).1 * nsq (step1 l).2 \in [:: 0; 2%:R]) /\ (step2 h l).1 * nsq (step2 h l).2 = 2%:R.
Proof.
move=> /eqP ul; split; last by apply: mirror_step_size; case: ifP => // _; rewrite sqrrN.
have -> : nsq (step1 l).2 = 1 by rewrite /nsq /dot mxE big_ord_recl big_ord0 !mxE mulr1 addr0.
by rewrite mulr1 /step1 !inE; case: l.2; rewrite eqxx ?orbT.
Qed.

Hypothesis two0 : (2%:R : F) != 0.

Lemma step1_is l (p : bool) : GH (step1 l).1 (step1 l).2 *m const_mx ((-1) ^+ p) = const_mx ((-1) ^+ (p (+) ~~ l.2)) :> 'cV[F]_1.
Proof.
apply/matrixP => i j; rewrite GH_mul !mxE /dot !mxE big_ord_recl big_ord0 !mxE /=.
by case: l.2 p => [] []; rewrite /=; ring.
Qed.

Lemma sign1 (p : bool) : ((-1) ^+ p == 1 :> F) = ~~ p.
Proof.
case: p; rewrite ?expr0 ?eqxx// expr1; apply: contraNF two0 => /eqP E.
by rewrite -[2%:R]/(1 + 1) -{1}E addNr.
Qed.

(* S^p' R S^(e + p) = R(c, +-s) S: both layers after a letter, the first at (-1)^p before it *)
Lemma step2_is l (p : bool) : unit_letter l -> let p' := p (+) ~~ l.2 in
  GH (step2 (const_mx ((-1) ^+ p')) l).1 (step2 (const_mx ((-1) ^+ p')) l).2 =
  (if p' then flip else 1%:M) *m element l *m (if p then flip else 1%:M).
Proof.
move=> /eqP ul p'; rewrite mirror_step_is; last by case: ifP => // _; rewrite sqrrN.
rewrite mxE sign1 /element; case: l @p' {ul} => [[c s] e] /=.
by case: e p => [] []; rewrite /= ?mul1mx ?mulmx1 ?mx2_mul; congr mx2; ring.
Qed.

Lemma two_layers_run w H : all unit_letter w -> exists p : bool,
  foldl two_layers (start H) w =
    (const_mx ((-1) ^+ p), (if p then flip else 1%:M) *m (foldl (fun g l => element l *m g) 1%:M w *m H)).
Proof.
elim/last_ind: w => [|w l IH]; first by exists false; rewrite /= !mul1mx.
rewrite all_rcons => /andP[ul /IH[p E]]; exists (p (+) ~~ l.2).
rewrite !foldl_rcons E /two_layers /= step1_is step2_is//; congr pair.
rewrite -!mulmxA; congr (_ *m (_ *m _)); rewrite !mulmxA.
by case: p {E}; rewrite ?mulmx1// -[_ *m flip *m flip]mulmxA flip_flip mulmx1.
Qed.

Theorem plane_in_two_layers w H : all unit_letter w ->
  read (foldl two_layers (start H) w) = foldl (fun g l => element l *m g) 1%:M w *m H.
Proof.
case/(two_layers_run H) => p ->; rewrite /read mxE sign1.
by case: p => /=; rewrite ?mul1mx// mulmxA flip_flip mul1mx.
Qed.
End Plane.

(* -------------------------------------------------------------------- the dihedral group of the m-gon, m = m'.+1 *)

Section Dihedral.
Variables (F : fieldType) (m' : nat) (c s : F).
Hypothesis two0 : (2%:R : F) != 0.
Hypothesis unit_cs : c ^+ 2 + s ^+ 2 = 1.
Let R : 'M[F]_2 := rot c s.
Hypothesis turn : R ^+ m'.+1 = 1.
Hypothesis no_smaller : forall j, (0 < j < m'.+1)%N -> R ^+ j != 1.

(* (i, e) is the element that first reflects if e, then turns i times; the group acts from the left *)
Definition dihedral := ('I_m'.+1 * bool)%type.
Definition multiply (g a : dihedral) : dihedral := (if a.2 then a.1 - g.1 else a.1 + g.1, a.2 (+) g.2).
Definition letter_of (a : dihedral) : letter F := ((R ^+ a.1) 0 0, (R ^+ a.1) 1 0, a.2).

Lemma power_is_rot j : exists c' s', c' ^+ 2 + s' ^+ 2 = 1 /\ R ^+ j = rot c' s'.
Proof.
elim: j => [|j [c' [s' [u E]]]]; first by exists 1, 0; split; [ring|rewrite expr0 -idmxE mx2_1; congr mx2; ring].
exists (c * c' - s * s'), (s * c' + c * s'); rewrite [R ^+ _]exprS E -mulmxE mx2_mul; split; last by congr mx2; ring.
by rewrite -[RHS]mulr1 -{1}unit_cs -u; ring.
Qed.

Lemma letter_unit a : unit_letter (letter_of a).
Proof. by have [c' [s' [u E]]] := power_is_rot a.1; rewrite /unit_letter /letter_of E /= !mxE /= u. Qed.

Definition S_power (e : bool) : 'M[F]_2 := if e then flip F else 1%:M.
Definition code (g : dihedral) : 'M[F]_2 := R ^+ g.1 *m S_power g.2.

Lemma element_letter a : element (letter_of a) = code a.
Proof. by have [c' [s' [u E]]] := power_is_rot a.1; rewrite /element /letter_of /code E /= !mxE. Qed.

Lemma power_mod i j : R ^+ ((i + j) %% m'.+1) = R ^+ i * R ^+ j.
Proof. by rewrite expr_mod// exprD. Qed.

(* S R^i = R^-i S *)
Lemma flip_power (i : 'I_m'.+1) : flip F *m R ^+ i = R ^+ (- i)%R *m flip F.
Proof.
have [c' [s' [u E]]] := power_is_rot i.
have undo : R ^+ i *m rot c' (- s') = 1%:M.
  by rewrite E mx2_mul mx2_1 -u; congr mx2; ring.
have -> : R ^+ (- i)%R = rot c' (- s').
  rewrite -[LHS]mulmx1 -undo mulmxA mulmxE -power_mod -[X in R ^+ X * _]/(val (- i + i)) addNr.
  by rewrite expr0 mul1r.
by rewrite E !mx2_mul; congr mx2; ring.
Qed.

Lemma code_multiply g a : code (multiply g a) = element (letter_of a) *m code g.
Proof.
rewrite element_letter /code /multiply; case: a g => [j f] [i e] /=; case: f => /=; last first.
  by rewrite mulmx1 power_mod mulmxA.
have -> : S_power (~~ e) = flip F *m S_power e by case: e; rewrite /S_power /= ?flip_flip ?mulmx1.
by rewrite -[_ *m flip F *m _]mulmxA [flip F *m (_ *m _)]mulmxA flip_power power_mod -!mulmxA.
Qed.

Lemma power_inj (i j : 'I_m'.+1) : R ^+ i = R ^+ j -> i = j.
Proof.
move=> E; apply/eqP; rewrite -subr_eq0; apply: contraTT isT => ij.
have := no_smaller (j := (i - j)%R); rewrite ltn_ord andbT lt0n.
have -> : R ^+ (i - j)%R = 1 by rewrite power_mod E -power_mod -[X in R ^+ X]/(val (j - j)) subrr expr0.
by rewrite eqxx => /(_ ij).
Qed.

(* the determinant tells whether S stands behind *)
Lemma det_code g : \det (code g) = (-1) ^+ g.2.
Proof.
have [c' [s' [u E]]] := power_is_rot g.1; rewrite /code det_mulmx E.
have det2 (a b d e : F) : \det (mx2 a b d e) = a * e - b * d.
  by rewrite (expand_det_row _ 0) !big_ord_recl big_ord0 /cofactor !det_mx11 !mxE /=; ring.
have -> : \det (rot c' s') = 1 by rewrite det2 -u; ring.
by case: g.2; rewrite /S_power ?det1 ?det2; ring.
Qed.

Lemma code_inj : injective code.
Proof.
move=> [i e] [j f] E; have := congr1 determinant E; rewrite !det_code /= => sign.
have ef : e = f by apply: negb_inj; rewrite -!(sign1 two0) sign.
congr pair => //; apply: power_inj; move: E; rewrite ef /code /= => /(congr1 (mulmx^~ (S_power f))).
by rewrite -!mulmxA; case: f {ef sign}; rewrite /S_power ?flip_flip !mulmx1.
Qed.

(* ------------------------------------------------------------------ the network, read *)
Definition network (w : seq dihedral) := foldl (@two_layers F 2) (start 1%:M) [seq letter_of a | a <- w].

Theorem dihedral_in_two_layers : exists dec : 'cV[F]_1 * 'M[F]_2 -> dihedral,
  forall w, dec (network w) = foldl multiply (0, false) w.
Proof.
exists (fun hH => odflt (0, false) [pick g | code g == read hH]) => w.
have -> : read (network w) = code (foldl multiply (0, false) w).
  rewrite /network plane_in_two_layers//; last by rewrite all_map; apply/allP => a _; apply: letter_unit.
  rewrite mulmx1; have <- : code (0, false) = 1%:M by rewrite /code mulmx1 expr0.
  by elim: w (0, false) => //= a w IH g; rewrite -code_multiply IH.
by case: pickP => [g /eqP/code_inj//|/(_ (foldl multiply (0, false) w))]; rewrite eqxx.
Qed.
End Dihedral.
