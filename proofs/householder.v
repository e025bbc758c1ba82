(* Generalized Householder matrices I - b v v^T: what one does, and what a product of them can do.

   Proved, for every dimension n and every list of factors, over any ordered field R (the rationals, the reals):
     norm          if 0 <= b |v|^2 <= 2 for every factor, the product lengthens no vector: |P x|^2 <= |x|^2.
     unit_modulus  if 0 <= b |v|^2 <  2 for every factor, a vector that keeps its length under the product is kept itself.
     rank_moved    the product of k factors differs from I by a matrix of rank at most k, so no Q is a product of fewer than
                   rank(I - Q) of them.  (Any field, any b, any v.)
     eigenvalues   an eigenvalue of one factor, in any field, is 1 or 1 - b |v|^2.  (Take v in a field extension for the complex ones.)
     two_mirrors   the product of the mirrors of (1, 0) and (3/5, 4/5) has no eigenvalue in any ordered field: it turns.
     mirror_twice, same_line   a mirror undoes itself; factors along one unit v compose to one, of strength b + c - b c.

   Limits.  Lengths are squares: that "|P x|^2 <= |x|^2 for all x" says "spectral norm at most 1" is the definition of that norm. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.POrderTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Definitions.
Variables (R : comRingType) (n : nat).
Implicit Types (u v w x : 'cV[R]_n) (b c : R).

Definition dot u w : R := (u^T *m w) 0 0.
Definition nsq u : R := dot u u.
Definition GH b v : 'M[R]_n := 1%:M - b *: (v *m v^T).
(* The first factor of the list stands leftmost, so it acts last. *)
Definition GHprod (s : seq (R * 'cV[R]_n)) : 'M[R]_n := foldr (fun f M => GH f.1 f.2 *m M) 1%:M s.

Lemma dotC u w : dot u w = dot w u.
Proof. by rewrite /dot -[u^T *m w]trmxK trmx_mul trmxK mxE. Qed.
Lemma dotD u w x : dot u (w + x) = dot u w + dot u x.
Proof. by rewrite /dot mulmxDr mxE. Qed.
Lemma dotZ u c w : dot u (c *: w) = c * dot u w.
Proof. by rewrite /dot -scalemxAr mxE. Qed.
Lemma mul_outer v x : v *m v^T *m x = dot v x *: v.
Proof. by rewrite -mulmxA [v^T *m x]mx11_scalar mul_mx_scalar. Qed.
Lemma outer_square v : v *m v^T *m (v *m v^T) = nsq v *: (v *m v^T).
Proof. by rewrite mulmxA mul_outer -scalemxAl. Qed.
Lemma GH_mul b v x : GH b v *m x = x - (b * dot v x) *: v.
Proof. by rewrite /GH mulmxBl mul1mx -scalemxAl mul_outer scalerA. Qed.

(* what a factor takes off the squared length *)
Lemma nsq_GH b v x : nsq (GH b v *m x) = nsq x - b * (2%:R - b * nsq v) * dot v x ^+ 2.
Proof.
rewrite GH_mul -scaleNr /nsq !dotD dotZ [dot (_ + _) x]dotC [dot (_ + _) v]dotC !dotD !dotZ [dot x v]dotC.
by ring.
Qed.

Theorem same_line b c v : nsq v = 1 -> GH b v *m GH c v = GH (b + c - b * c) v.
Proof.
move=> v1; rewrite /GH; have := outer_square v; rewrite v1 scale1r; move: (v *m v^T) => P PP.
rewrite mulmxBl mul1mx mulmxBr mulmx1 -!(scalemxAl, scalemxAr) PP.
by apply/matrixP => i j; rewrite !mxE; ring.
Qed.

Theorem mirror_twice b v : b * nsq v = 2%:R -> GH b v *m GH b v = 1%:M.
Proof.
move=> bv; rewrite /GH; have := outer_square v; move: (v *m v^T) => P PP.
rewrite mulmxBl mul1mx mulmxBr mulmx1 -!(scalemxAl, scalemxAr) PP [b *: (nsq v *: P)]scalerA bv.
by apply/matrixP => i j; rewrite !mxE; ring.
Qed.

(* G kills (X - 1)(X - (1 - b |v|^2)) *)
Lemma GH_quadratic b v : (GH b v - 1%:M) *m (GH b v - (1 - b * nsq v)%:M) = 0.
Proof.
rewrite /GH; have := outer_square v; move: (v *m v^T) (nsq v) => P s PP.
rewrite mulmxBr !mulmxBl !(mul1mx, mulmx1, mul_mx_scalar) mulmxBr mulmx1 -!(scalemxAl, scalemxAr) PP.
by apply/matrixP => i j; rewrite !mxE; ring.
Qed.
End Definitions.

(* The row vector u is an eigenvector: `eigenvalue` of MathComp is about rows; G is symmetric, so columns are the same. *)
Theorem eigenvalues (F : fieldType) n (b a : F) (v : 'cV[F]_n) :
  eigenvalue (GH b v) a -> (a == 1) || (a == 1 - b * nsq v).
Proof.
move=> /eigenvalueP[u Hu u0]; rewrite -subr_eq0 -[a == 1 - _]subr_eq0 -mulf_eq0.
have E c : u *m (GH b v - c%:M) = (a - c) *: u.
  by rewrite mulmxBr Hu mul_mx_scalar scalerBl.
have := congr1 (mulmx u) (GH_quadratic b v).
rewrite mulmxA mulmx0 E -scalemxAl E scalerA => /eqP.
by rewrite scaler_eq0 (negPf u0) orbF.
Qed.

(* one factor moves at most one dimension more *)
Lemma rank_GH_mul (F : fieldType) n b (v : 'cV[F]_n) (M : 'M[F]_n) :
  (\rank (1%:M - GH b v *m M)%R <= (\rank (1%:M - M)%R).+1)%N.
Proof.
have -> : 1%:M - GH b v *m M = (1%:M - M) + (b *: v) *m (v^T *m M).
  by rewrite /GH mulmxBl mul1mx -scalemxAl -scalemxAl mulmxA opprB addrA addrAC.
have one : (\rank ((b *: v) *m (v^T *m M))%R <= 1)%N by apply: leq_trans (mxrankM_maxl _ _) (rank_leq_col _).
by apply: leq_trans (mxrank_add _ _) _; apply: leq_trans (leq_add (leqnn _) one) _; rewrite addn1.
Qed.

Theorem rank_moved (F : fieldType) n (s : seq (F * 'cV[F]_n)) : (\rank (1%:M - GHprod s)%R <= size s)%N.
Proof.
elim: s => [|[b v] s IH]; first by rewrite /= subrr mxrank0.
exact: leq_trans (rank_GH_mul _ _ _) _.
Qed.

(* the mirror that sends w to -w, and products of them *)
Definition mirror (F : fieldType) n (w : 'cV[F]_n) : 'M[F]_n := GH (2%:R / nsq w) w.
Definition mirrors (F : fieldType) n (ws : seq 'cV[F]_n) : 'M[F]_n := \big[mulmx/1%:M]_(w <- ws) mirror w.

Section Ordered.
Variables (R : realFieldType) (n : nat).
Implicit Types (v x : 'cV[R]_n) (s : seq (R * 'cV[R]_n)).

Lemma nsq_ge0 x : 0 <= nsq x.
Proof. by rewrite /nsq /dot mxE sumr_ge0// => i _; rewrite mxE -expr2 sqr_ge0. Qed.

Lemma nsq_eq0 x : (nsq x == 0) = (x == 0).
Proof.
apply/idP/eqP => [|->]; last by rewrite /nsq /dot mulmx0 mxE.
rewrite /nsq /dot mxE psumr_eq0 => [/allP x0|i _]; last by rewrite mxE -expr2 sqr_ge0.
apply/matrixP => i j; rewrite ord1 [RHS]mxE; apply/eqP.
by have /= := x0 i (mem_index_enum _); rewrite mxE mulf_eq0 orbb.
Qed.

Definition contractive (f : R * 'cV[R]_n) := 0 <= f.1 * nsq f.2 <= 2%:R.
Definition strictly_contractive (f : R * 'cV[R]_n) := 0 <= f.1 * nsq f.2 < 2%:R.

(* b |v|^2 >= 0 says b >= 0, unless v = 0 and b does not matter *)
Lemma strength_ge0 b v x : 0 <= b * nsq v -> 0 <= b * dot v x ^+ 2.
Proof.
have [/eqP|v0] := eqVneq (nsq v) 0; first by rewrite nsq_eq0 => /eqP ->; rewrite /dot trmx0 mul0mx mxE expr0n mulr0.
by rewrite pmulr_lge0 ?lt_def ?v0 ?nsq_ge0// => b0; rewrite mulr_ge0 ?sqr_ge0.
Qed.

Lemma GH_contract b v x : contractive (b, v) -> nsq (GH b v *m x) <= nsq x.
Proof.
move=> /andP[/= b0 b2]; rewrite nsq_GH ler_subl_addr ler_addl mulrAC.
by rewrite mulr_ge0 ?strength_ge0// subr_ge0.
Qed.

Lemma GH_keeps b v x : strictly_contractive (b, v) -> nsq (GH b v *m x) = nsq x -> GH b v *m x = x.
Proof.
move=> /andP[/= b0 b2] /eqP; rewrite nsq_GH -subr_eq0 addrAC subrr sub0r oppr_eq0 mulrAC mulf_eq0 [_ - _ == 0]gt_eqF ?subr_gt0// orbF.
rewrite mulf_eq0 sqrf_eq0 => /orP[]/eqP E; by rewrite GH_mul E ?mul0r ?mulr0 scale0r subr0.
Qed.

Theorem norm s x : all contractive s -> nsq (GHprod s *m x) <= nsq x.
Proof.
elim: s => [|[b v] s IH]; first by rewrite mul1mx.
rewrite [all _ _]/= [GHprod _]/= => /andP[bv /IH]; apply: le_trans.
by rewrite -mulmxA; apply: GH_contract.
Qed.

Theorem unit_modulus s x : all strictly_contractive s -> nsq (GHprod s *m x) = nsq x -> GHprod s *m x = x.
Proof.
elim: s => [|[b v] s IH]; first by rewrite mul1mx.
rewrite [all _ _]/= [GHprod _]/= -mulmxA => /andP[bv sv] keeps.
have weak : all contractive s by apply: sub_all sv => f /andP[f0 f2]; rewrite /contractive f0 ltW.
have bvw : contractive (b, v) by case/andP: bv => b0 b2; rewrite /contractive b0 ltW.
have E : nsq (GHprod s *m x) = nsq x.
  by apply: le_anti; rewrite norm//= -{1}keeps GH_contract.
have P : GHprod s *m x = x by apply: IH.
by move: keeps; rewrite P; apply: GH_keeps.
Qed.
End Ordered.

Section TwoMirrors.
Variable R : realFieldType.
Definition v1 : 'cV[R]_2 := \col_i (if i == 0 then 1 else 0).
Definition v2 : 'cV[R]_2 := \col_i (if i == 0 then 3%:R / 5%:R else 4%:R / 5%:R).

Lemma units : nsq v1 = 1 /\ nsq v2 = 1.
Proof.
rewrite /nsq /dot !mxE !big_ord_recl !big_ord0 !mxE /=; split; first by ring.
have five : 5%:R != 0 :> R by rewrite pnatr_eq0.
by field.
Qed.

Theorem two_mirrors : nsq v1 = 1 /\ nsq v2 = 1 /\ forall a : R, ~~ eigenvalue (GH 2%:R v1 *m GH 2%:R v2) a.
Proof.
have [-> ->] := units; do 2![split=> //] => a.
apply/negP => /eigenvalueP[u /matrixP H u0].
have := H 0 0; have := H 0 (lift 0 0).
rewrite !mxE !big_ord_recl !big_ord0 !mxE !big_ord_recl !big_ord0 !mxE /=.
rewrite !big_ord_recl !big_ord0 !mxE /=.
have -> : u 0 ord0 = u 0 0 by [].
set p := u 0 0; set q := u 0 (lift _ _) => E1 E0.
have n5 : 5%:R != 0 :> R by rewrite pnatr_eq0.
have key : 24%:R / 25%:R * (p ^+ 2 + q ^+ 2) = 0.
  have n25 : 25%:R != 0 :> R by rewrite pnatr_eq0.
  transitivity (p * (a * q) - q * (a * p)); last by ring.
  by rewrite -E1 -E0; field; rewrite ?n5 ?n25.
move: key => /eqP; rewrite mulf_eq0 mulf_eq0 invr_eq0 !pnatr_eq0 /=.
rewrite paddr_eq0 ?sqr_ge0// !sqrf_eq0 => /andP[/eqP p0 /eqP q0].
case/negP: u0; apply/eqP/matrixP => i j; rewrite ord1 mxE.
by case: (unliftP 0 j) => [k ->|-> //]; rewrite ord1.
Qed.
End TwoMirrors.
