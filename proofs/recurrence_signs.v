(* What the entries of x_{k+1} = A x_k + d do in the long run, when A has no other eigenvalues than real ones >= 0.

   Used by counting.v.  For a threshold t and a coordinate i, the sign of x_k(i) - t is eventually constant (lemma `threshold`).
   No Jordan form, no limits: if u(k+1) - l u(k), l >= 0, is eventually of one sign, then so is u (lemma op_esign); the product of
   all (A - l) is 0, so as many such steps lead from 0 to x_k(i) - t, with one more root 1 for d and t.
   "Eventually" cannot be decided, so it stands under `classically` (double negation): no axiom is used. *)
From mathcomp Require Import all_ssreflect all_algebra.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory Order.TotalTheory.
Local Open Scope ring_scope.

Section Seqs.
Variable R : realFieldType.
Implicit Types (u v : nat -> R) (l : R).

Definition evconst (T : Type) (f : nat -> T) := exists N c, forall k, (N <= k)%N -> f k = c.
Definition esign u := evconst (fun k => Num.sg (u k)).
Definition op l u := fun k => u k.+1 - l * u k.

Lemma op_esign_pos l u : 0 < l -> esign (op l u) -> classically (esign u).
Proof.
move=> l0 [N [s Hs]].
pose w k := u k / l ^+ k.
have lk k : 0 < l ^+ k by rewrite exprn_gt0.
have sgw k : Num.sg (w k) = Num.sg (u k).
  by rewrite /w sgrM sgrV (gtr0_sg (lk k)) mulr1.
have dw k : Num.sg (w k.+1 - w k) = Num.sg (op l u k).
  have -> : w k.+1 - w k = op l u k / l ^+ k.+1.
    rewrite /w /op mulrBl; congr (_ - _).
    by rewrite exprS invfM mulrA [l * _]mulrC mulfK ?gt_eqF.
  by rewrite sgrM sgrV (gtr0_sg (lk _)) mulr1.
have [s0|s0|s0] := ltrgt0P s.
- (* w increasing *)
  have inc k : (N <= k)%N -> w k < w k.+1.
    by move=> Nk; rewrite -subr_gt0 -sgr_gt0 dw Hs.
  have inc2 k m : (N <= k)%N -> (k < m)%N -> w k < w m.
    move=> Nk; elim: m => // m IH; rewrite ltnS leq_eqVlt => /orP[/eqP <-|km]; first exact: inc.
    by apply: lt_trans (IH km) (inc m _); apply: leq_trans Nk (ltnW km).
  move=> b Hb; apply: (@classic_EM (exists k, (N <= k)%N /\ 0 <= w k) b) => -[[k [Nk wk]]|H]; apply: Hb.
    exists k.+1, 1 => m km; rewrite -sgw gtr0_sg//.
    exact: le_lt_trans wk (inc2 _ _ Nk km).
  exists N, (-1) => m Nm; rewrite -sgw ltr0_sg// ltNge; apply/negP => wm.
  by apply: H; exists m.
- have dec k : (N <= k)%N -> w k.+1 < w k.
    by move=> Nk; rewrite -subr_lt0 -sgr_lt0 dw Hs.
  have dec2 k m : (N <= k)%N -> (k < m)%N -> w m < w k.
    move=> Nk; elim: m => // m IH; rewrite ltnS leq_eqVlt => /orP[/eqP <-|km]; first exact: dec.
    by apply: lt_trans (dec m _) (IH km); apply: leq_trans Nk (ltnW km).
  move=> b Hb; apply: (@classic_EM (exists k, (N <= k)%N /\ w k <= 0) b) => -[[k [Nk wk]]|H]; apply: Hb.
    exists k.+1, (-1) => m km; rewrite -sgw ltr0_sg//.
    exact: lt_le_trans (dec2 _ _ Nk km) wk.
  exists N, 1 => m Nm; rewrite -sgw gtr0_sg// ltNge; apply/negP => wm.
  by apply: H; exists m.
- have cst k : (N <= k)%N -> w k = w N.
    elim: k => [|k IH]; first by rewrite leqn0 => /eqP ->.
    rewrite leq_eqVlt => /orP[/eqP <- //|]; rewrite ltnS => Nk.
    by rewrite -(IH Nk); apply/eqP; rewrite -subr_eq0 -sgr_eq0 dw Hs// s0.
  by move=> b Hb; apply: Hb; exists N, (Num.sg (w N)) => k Nk; rewrite -sgw cst.
Qed.

Lemma op_esign l u : 0 <= l -> esign (op l u) -> classically (esign u).
Proof.
rewrite le_eqVlt => /orP[/eqP <-|]; last exact: op_esign_pos.
move=> [N [s Hs]] b; apply; exists N.+1, s => -[//|k]; rewrite ltnS => /Hs.
by rewrite /op mul0r subr0.
Qed.

Lemma ops_esign (rs : seq R) u : all (fun l => 0 <= l) rs ->
  (forall k, foldr op u rs k = 0) -> classically (esign u).
Proof.
move=> rs0 H.
have : classically (esign (foldr op u rs)).
  by move=> b; apply; exists 0%N, 0 => k _; rewrite H sgr0.
elim: rs rs0 {H} => //= l rs IH /andP[l0 /IH{}IH] /classic_bind H.
by apply: IH; apply: H => /(op_esign l0).
Qed.
End Seqs.

Section Matrix.
Variables (R : realFieldType) (n : nat).
Implicit Types (A : 'M[R]_n.+1) (c : 'rV[R]_n.+1) (y : 'cV[R]_n.+1).

(* Every eigenvalue is one of rs, the minimal polynomial splitting over R: the product of all A - l is 0. *)
Definition killed_by rs A := horner_mx A (\prod_(l <- rs) ('X - l%:P)) = 0.
Definition real_spectrum A := exists rs : seq R, killed_by rs A.
Definition nonneg_spectrum A := exists2 rs : seq R, all (fun l => 0 <= l) rs & killed_by rs A.

Lemma ops_pow A c y rs k :
  foldr (@op R) (fun k => (c *m (A ^+ k *m y)) 0 0) rs k
  = (c *m (A ^+ k *m (horner_mx A (\prod_(l <- rs) ('X - l%:P)) *m y))) 0 0.
Proof.
elim: rs k => [|l rs IH] k /=; first by rewrite big_nil rmorph1 mul1mx.
rewrite /op !IH big_cons rmorphM /= rmorphB /= horner_mx_X horner_mx_C.
set p := horner_mx A _; rewrite -!mulmxE exprSr -mulmxE.
rewrite !mulmxBl mul_scalar_mx -!scalemxAl !mulmxBr -!scalemxAr.
by rewrite -!mulmxA; rewrite [RHS]mxE; congr (_ + _); rewrite [RHS]mxE [in RHS]mxE.
Qed.

Variables (A : 'M[R]_n.+1) (d : 'cV[R]_n.+1) (x : nat -> 'cV[R]_n.+1).
Hypothesis A0 : nonneg_spectrum A.
Hypothesis xS : forall k, x k.+1 = A *m x k + d.

Lemma diff_pow k : x k.+1 - x k = A ^+ k *m (x 1%N - x 0%N).
Proof.
elim: k => [|k IH]; first by rewrite expr0 mul1mx.
by rewrite xS [in X in _ - X]xS opprD addrACA subrr addr0 -mulmxBr IH mulmxA mulmxE -exprS.
Qed.

(* each coordinate is eventually on one side of each threshold *)
Lemma threshold i t : classically (esign (fun k => x k i 0 - t)).
Proof.
have [rs rs0 E] := A0.
apply: (@ops_esign _ (rcons rs 1)).
  by rewrite all_rcons ler01.
move=> k; rewrite foldr_rcons.
have ext (u v : nat -> R) s : u =1 v -> foldr (@op R) u s =1 foldr (@op R) v s.
  by move=> uv; elim: s => //= l s IH j; rewrite /op !IH.
rewrite (ext _ (fun k => ((delta_mx 0 i : 'rV_n.+1) *m (A ^+ k *m (x 1%N - x 0%N))) 0 0)).
  by rewrite ops_pow E mul0mx mulmx0 mulmx0 mxE.
by move=> j; rewrite /op -diff_pow -rowE !mxE mul1r opprB addrA subrK.
Qed.

Lemma evconst_cons (T : Type) (f : nat -> T) (g : nat -> seq T) :
  evconst f -> evconst g -> evconst (fun k => f k :: g k).
Proof.
move=> [N [a Ha]] [M [b Hb]]; exists (maxn N M), (a :: b) => k.
by rewrite geq_max => /andP[/Ha -> /Hb ->].
Qed.

Lemma evconst_map (T : Type) (J : Type) (s : seq J) (f : J -> nat -> T) :
  (forall j, classically (evconst (f j))) ->
  classically (evconst (fun k => [seq f j k | j <- s])).
Proof.
move=> H; elim: s => [|j s IH]; first by move=> b; apply; exists 0%N, [::].
move: IH; apply: classic_bind => IH; move: (H j); apply: classic_bind => Hj.
by move=> b; apply; apply: evconst_cons.
Qed.

(* A cast to finite precision sees finitely many comparisons with thresholds. *)
Definition finite_precision (T : Type) (q : R -> T) :=
  exists ts : seq R, forall a b, [seq Num.sg (a - t) | t <- ts] = [seq Num.sg (b - t) | t <- ts] -> q a = q b.

Lemma cast_evconst (T : Type) (q : R -> T) i : finite_precision q ->
  classically (evconst (fun k => q (x k i 0))).
Proof.
move=> [ts Hq]; have := @evconst_map _ _ ts _ (@threshold i).
apply: classic_bind => -[N [c Hc]] b; apply; exists N, (q (x N i 0)) => k Nk.
by apply: Hq; rewrite Hc// -(Hc N).
Qed.

(* the state, entry by entry, as the decoder sees it *)
Definition castv (T : Type) (q : R -> T) (y : 'cV[R]_n.+1) : seq T := [seq q (y i 0) | i <- enum 'I_n.+1].

Lemma castv_evconst (T : Type) (q : R -> T) : finite_precision q ->
  classically (evconst (fun k => castv q (x k))).
Proof. by move=> Hq; apply: evconst_map => i; apply: cast_evconst. Qed.
End Matrix.
