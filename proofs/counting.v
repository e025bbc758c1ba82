(* What a linear recurrence of several layers cannot count.

   The model.  A layer has the state h_{k+1} = A(i_k) h_k + d(i_k), exact, over any ordered field R.  Every token it sees the entries of
   h_{k+1} cast to finite precision (finitely many comparisons with thresholds) and the letter i_k; its output is any function of what
   it saw at the last `window` tokens and at this one.  That function covers readouts, MLPs, gates on the output, residual connections,
   and a short convolution in front of the next layer, whose letter the output is.  The first layer's letters are eventually constant:
   the word 1^k, or windows of it.
   `real_spectrum A`: some product of matrices A - l, l in R, is 0; `nonneg_spectrum A`: with all l >= 0.  By Cayley-Hamilton that is so
   when the characteristic polynomial is a product of factors X - l (theorem split_spectrum), so when all eigenvalues are real.

   Proved, for any number of layers of any dimensions and any decoders:
     parity    if every A has a nonneg_spectrum, the network does not output the parity of the number of tokens.
     counting  if in layer i = 1, 2, ..., L every product of 2^(i-1) of the layer's matrices has a real_spectrum, and the network
               outputs whether m divides the number of tokens, then m divides 2^L: it counts modulo powers of two only.
     delta_rule_parity    parity, for layers of gated delta-rule steps A = g (I - b v v^T), g >= 0, b |v|^2 <= 1.
     delta_rule_counting  one layer of gated delta-rule steps, whatever b and g, counts modulo 1 and 2 only.

   Limits.  The recurrence is exact and rounding is at the readout; rounding inside the recurrence is another model.  "Finitely many
   comparisons" is our reading of the papers' "finite precision".  The state is a vector; a matrix state [K, V] is one with the
   matrices A (x) I, of the same eigenvalues (not written here). *)
From mathcomp Require Import all_ssreflect all_algebra.
From Deltaword Require Import householder recurrence_signs.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory Order.TotalTheory.
Local Open Scope ring_scope.

Section Spectra.
Variables (R : realFieldType) (n : nat).
Implicit Type A : 'M[R]_n.+1.

Theorem split_spectrum A rs : char_poly A = \prod_(l <- rs) ('X - l%:P) ->
  real_spectrum A /\ (all (fun l => 0 <= l) rs -> nonneg_spectrum A).
Proof.
move=> E; have K : killed_by rs A by rewrite /killed_by -E Cayley_Hamilton.
by split=> [|rs0]; exists rs.
Qed.

(* (A^2 - l^2) = (A - l)(A + l) *)
Lemma killed_square A rs : killed_by rs A -> killed_by [seq l ^+ 2 | l <- rs] (A *m A).
Proof.
rewrite /killed_by => E.
suff -> : horner_mx (A *m A) (\prod_(l <- [seq l ^+ 2 | l <- rs]) ('X - l%:P))
    = horner_mx A ((\prod_(l <- rs) ('X - l%:P)) * \prod_(l <- rs) ('X + l%:P)).
  by rewrite rmorphM /= E mul0r.
elim: rs {E} => [|l rs IH]; first by rewrite !big_nil mulr1 !rmorph1.
rewrite map_cons !big_cons rmorphM /= IH mulrACA [RHS]rmorphM; congr (_ * _).
rewrite rmorphB /= horner_mx_X horner_mx_C -subr_sqr rmorphB /= !rmorphX /= horner_mx_X horner_mx_C.
by rewrite !expr2 -!mulmxE -scalar_mxM.
Qed.

Lemma real_square A : real_spectrum A -> nonneg_spectrum (A *m A).
Proof.
case=> rs /killed_square K; exists [seq l ^+ 2 | l <- rs] => //.
by rewrite all_map; apply/allP => l _; apply: sqr_ge0.
Qed.

(* one step of the gated delta rule: (g G - g) (g G - g (1 - b |v|^2)) = 0 *)
Lemma delta_rule_killed g b (v : 'cV[R]_n.+1) : killed_by [:: g; g * (1 - b * nsq v)] (g *: GH b v).
Proof.
rewrite /killed_by big_cons big_seq1 rmorphM /= !rmorphB /= !horner_mx_X !horner_mx_C -mulmxE.
have E c : g *: GH b v - (g * c)%:M = g *: (GH b v - c%:M) by rewrite [RHS]scalerBr scale_scalar_mx.
by have E1 := E 1; rewrite mulr1 in E1; rewrite E1 E -scalemxAl -scalemxAr GH_quadratic !scaler0.
Qed.
End Spectra.

Section Periods.
Implicit Types (p k : nat).
Definition evperiodic p (T : Type) (f : nat -> T) := exists N, forall k, (N <= k)%N -> f (k + p)%N = f k.
Definition eventually_constant (T : Type) (f : nat -> T) := evperiodic 1 f.

Lemma iterate_period p T (f : nat -> T) N : (forall k, (N <= k)%N -> f (k + p)%N = f k) ->
  forall j k, (N <= k)%N -> f (k + j * p)%N = f k.
Proof. by move=> Nf; elim=> [|j IH] k Nk; rewrite ?addn0// mulSn addnA IH ?Nf// (leq_trans Nk) ?leq_addr. Qed.
End Periods.

Section Layers.
Variable R : realFieldType.

Record layer (I O : Type) := Layer {
  dim : nat;
  lA : I -> 'M[R]_dim.+1;
  ld : I -> 'cV[R]_dim.+1;
  h0 : 'cV[R]_dim.+1;
  prec : Type;
  lq : R -> prec;
  window : nat;
  ldec : seq (seq prec * I) -> O }.

Section One.
Variables (I O : Type) (L : layer I O).
Definition lstep (h : 'cV[R]_((dim L).+1)) i := lA L i *m h + ld L i.
Fixpoint state (f : nat -> I) k := if k is k'.+1 then lstep (state f k') (f k') else h0 L.
Definition seen (f : nat -> I) k := (castv (@lq _ _ L) (state f k.+1), f k).
(* tokens k - window, ..., k; fewer at the beginning *)
Definition lout (f : nat -> I) k := ldec [seq seen f j | j <- iota (k - window L) (k.+1 - (k - window L))].
(* the matrix of a word, the last letter leftmost *)
Definition lmx (w : seq I) : 'M[R]_((dim L).+1) := foldl (fun M i => lA L i *m M) 1%:M w.

Lemma lmx_cat w w' : lmx (w ++ w') = lmx w' *m lmx w.
Proof.
rewrite /lmx foldl_cat; set M := foldl _ 1%:M w.
by elim/last_ind: w' => [|w' i IH]; rewrite ?mul1mx// !foldl_rcons IH mulmxA.
Qed.

Lemma foldl_lstep w h : foldl lstep h w = lmx w *m h + foldl lstep 0 w.
Proof.
elim/last_ind: w => [|w i IH]; first by rewrite mul1mx addr0.
by rewrite /lmx !foldl_rcons -/(lmx w) IH {1}/lstep mulmxDr mulmxA -addrA.
Qed.

Lemma state_add f k m : state f (k + m) = foldl lstep (state f k) [seq f i | i <- iota k m].
Proof. by elim: m k => [|m IH] k; rewrite ?addn0//= addnS -addSn IH. Qed.

(* A layer whose input is eventually periodic, with the matrix of every stretch of one period having no eigenvalues but >= 0. *)
Lemma lout_periodic p f N : (0 < p)%N -> finite_precision (@lq _ _ L) -> (forall k, (N <= k)%N -> f (k + p)%N = f k) ->
  (forall k, (N <= k)%N -> nonneg_spectrum (lmx [seq f i | i <- iota k p])) -> classically (evperiodic p (lout f)).
Proof.
move=> p0 Lq Nf spec; pose g r j := castv (@lq _ _ L) (state f (N + r + j * p)).
have step r j : state f (N + r + j.+1 * p) =
    lmx [seq f i | i <- iota (N + r) p] *m state f (N + r + j * p) + foldl lstep 0 [seq f i | i <- iota (N + r) p].
  rewrite -foldl_lstep mulSn [(p + _)%N]addnC addnA state_add; congr foldl.
  rewrite -[(N + r + j * p)%N]addn0 -[(N + r)%N in RHS]addn0 !iotaDl -!map_comp; apply: eq_map => i /=.
  by rewrite -addnA [(j * p + _)%N]addnC addnA (iterate_period Nf)// -addnA leq_addr.
have ev r : classically (evconst (g r)).
  exact: (castv_evconst (x := fun j => state f (N + r + j * p)) (spec _ (leq_addr r N)) (step r) Lq).
have := @evconst_map _ _ (iota 0 p) g ev; apply: classic_bind => -[M [c Mc]] b; apply.
have same r j : (r < p)%N -> (M <= j)%N -> g r j.+1 = g r j.
  move=> rp Mj; have := Mc _ (leqW Mj); rewrite -(Mc _ Mj) => /eq_in_map; apply.
  by rewrite mem_iota.
have per k : (N + M * p <= k)%N -> seen f (p + k) = seen f k.
  move=> big; rewrite /seen [(p + k)%N]addnC Nf; last exact: leq_trans (leq_addr _ _) big.
  congr pair; pose j := ((k.+1 - N) %/ p)%N; pose r := ((k.+1 - N) %% p)%N.
  have Nk : (N <= k.+1)%N by apply: leq_trans (leqW big); apply: leq_addr.
  have E : k.+1 = (N + r + j * p)%N by rewrite -addnA [(r + _)%N]addnC -divn_eq subnKC.
  have := @same r j; rewrite /g mulSn [(p + _)%N]addnC addnA -E addSn => -> //; first by rewrite ltn_mod.
  by rewrite leq_divRL// leq_subRL// ltnW.
exists (N + M * p + window L)%N => k big; rewrite /lout; congr ldec.
have wk : (window L <= k)%N by apply: leq_trans big; apply: leq_addl.
rewrite [(k + p)%N]addnC -addnBA// -addnS subnDl iotaDl -map_comp; apply/eq_in_map => j /=.
by rewrite mem_iota => /andP[kj _]; apply: per; apply: leq_trans kj; rewrite leq_subRL// addnC.
Qed.
End One.

Inductive net : Type -> Type -> Type :=
| Last I O : layer I O -> net I O
| Cons I M O : layer I M -> net M O -> net I O.

Fixpoint nout I O (n : net I O) : (nat -> I) -> nat -> O :=
  match n in net I O return (nat -> I) -> nat -> O with
  | Last _ _ L => lout L
  | Cons _ _ _ L n' => fun f => nout n' (lout L f)
  end.

Fixpoint depth I O (n : net I O) : nat := match n with Last _ _ _ => 1 | Cons _ _ _ _ n' => (depth n').+1 end.

(* the same hypothesis for every layer; `ok p` for a layer whose input has the period p, which doubles from layer to layer or not *)
Definition nonneg_layer I O (L : layer I O) := finite_precision (@lq _ _ L) /\ forall i, nonneg_spectrum (lA L i).
Fixpoint nonneg_net I O (n : net I O) : Prop :=
  match n with Last _ _ L => nonneg_layer L | Cons _ _ _ L n' => nonneg_layer L /\ nonneg_net n' end.

Definition real_layer p I O (L : layer I O) :=
  finite_precision (@lq _ _ L) /\ forall w, size w = p -> real_spectrum (lmx L w).
Fixpoint real_net p I O (n : net I O) : Prop :=
  match n with Last _ _ L => real_layer p L | Cons _ _ _ L n' => real_layer p L /\ real_net (2 * p)%N n' end.

Lemma nonneg_lout I O (L : layer I O) f : nonneg_layer L -> evperiodic 1 f -> classically (evperiodic 1 (lout L f)).
Proof.
case=> Lq LA [N Nf]; apply: (lout_periodic (N := N)) => // k _.
by rewrite /= /lmx /= mulmx1; apply: LA.
Qed.

Lemma real_lout p I O (L : layer I O) f : (0 < p)%N -> real_layer p L -> evperiodic p f ->
  classically (evperiodic (2 * p) (lout L f)).
Proof.
move=> p0 [Lq LA] [N Nf]; apply: (lout_periodic (N := N)) => //; first by rewrite muln_gt0.
  by move=> k Nk; rewrite mul2n -addnn addnA Nf ?Nf// (leq_trans Nk) ?leq_addr.
move=> k Nk; rewrite mul2n -addnn iotaD map_cat lmx_cat.
have -> : [seq f i | i <- iota (k + p) p] = [seq f i | i <- iota k p].
  rewrite addnC iotaDl -map_comp; apply/eq_in_map => i; rewrite mem_iota => /andP[ki _] /=.
  by rewrite addnC Nf// (leq_trans Nk).
by apply: real_square; apply: LA; rewrite size_map size_iota.
Qed.

Lemma nonneg_nout I O (n : net I O) f : nonneg_net n -> evperiodic 1 f -> classically (evperiodic 1 (nout n f)).
Proof.
elim: n f => [{}I {}O L|{}I M {}O L n IH] f /=; first exact: nonneg_lout.
by move=> [LO nO] /(nonneg_lout LO); apply: classic_bind; apply: IH.
Qed.

Lemma real_nout p I O (n : net I O) f : (0 < p)%N -> real_net p n -> evperiodic p f ->
  classically (evperiodic (2 ^ depth n * p) (nout n f)).
Proof.
elim: n p f => [{}I {}O L|{}I M {}O L n IH] p f p0 /=; first by rewrite expn1; apply: real_lout.
move=> [LO nO] /(real_lout p0 LO); apply: classic_bind => ev.
by rewrite expnSr -mulnA; apply: IH; rewrite ?muln_gt0.
Qed.

Theorem parity I (n : net I bool) (f : nat -> I) : nonneg_net n -> eventually_constant f ->
  ~ (forall k, nout n f k = odd k.+1).
Proof.
move=> nO ev P.
suff: false by []; apply: (nonneg_nout nO ev) => -[N /(_ N (leqnn N))].
by rewrite !P addn1 /=; case: (odd N).
Qed.

Theorem counting I (n : net I bool) (f : nat -> I) m : real_net 1 n -> eventually_constant f -> (0 < m)%N ->
  (forall k, nout n f k = (m %| k.+1)%N) -> (m %| 2 ^ depth n)%N.
Proof.
move=> nO ev m0 P.
apply: (real_nout _ nO ev) => // -[N]; rewrite muln1.
have k1 : (m * N.+1).-1.+1 = (m * N.+1)%N by rewrite prednK// muln_gt0 m0.
move=> /(_ (m * N.+1).-1); rewrite !P -addSn k1 dvdn_mulr// dvdn_addr ?dvdn_mulr//.
by apply; rewrite -ltnS k1 leq_pmull.
Qed.

(* A layer whose matrices are gated delta-rule steps g (I - b v v^T), with `ok` of the gate g and of b |v|^2. *)
Definition delta_rule (ok : R -> R -> Prop) I O (L : layer I O) :=
  finite_precision (@lq _ _ L) /\ forall a, exists g b v, lA L a = g *: GH b v /\ ok g (b * nsq v).
Definition nonneg_range (g s : R) := 0 <= g /\ s <= 1.
Fixpoint delta_rule_net I O (n : net I O) : Prop :=
  match n with
  | Last _ _ L => delta_rule nonneg_range L
  | Cons _ _ _ L n' => delta_rule nonneg_range L /\ delta_rule_net n'
  end.

Theorem delta_rule_parity I (n : net I bool) (f : nat -> I) : delta_rule_net n -> eventually_constant f ->
  ~ (forall k, nout n f k = odd k.+1).
Proof.
have ok J O (L : layer J O) : delta_rule nonneg_range L -> nonneg_layer L.
  case=> Lq D; split=> // a; have [g [b [v [-> [g0 s1]]]]] := D a.
  by exists [:: g; g * (1 - b * nsq v)]; rewrite /= ?g0 ?mulr_ge0 ?subr_ge0//; apply: delta_rule_killed.
move=> D; apply: parity; elim: n {f} D => [J O L|J M O L n' IH] /=; first exact: ok.
by case=> LD /IH; split=> //; apply: ok.
Qed.

Theorem delta_rule_counting I (L : layer I bool) (f : nat -> I) m : delta_rule (fun _ _ => True) L -> eventually_constant f ->
  (0 < m)%N -> (forall k, lout L f k = (m %| k.+1)%N) -> (m <= 2)%N.
Proof.
case=> Lq D ev m0 P; apply: dvdn_leq => //; apply: (@counting _ (Last L) f) => //=; split=> // -[//|a [|//]] _.
by rewrite /lmx /= mulmx1; have [g [b [v [-> _]]]] := D a; eexists; apply: delta_rule_killed.
Qed.
End Layers.
