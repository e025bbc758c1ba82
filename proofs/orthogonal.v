(* Orthogonal matrices as products of mirrors: Cartan and Dieudonne, with Scherk's number.

   Proved, for every dimension n, over any ordered field:
     orthogonal_mirrors   an orthogonal Q is a product of rank(I - Q) mirrors I - 2 w w^T / |w|^2, and no product of generalized
                          Householder matrices I - b v v^T, whatever b and v, with fewer factors is Q.

   The proof: if Q x <> x, the mirror along w = Q x - x takes Q x to x, and keeps what Q keeps; so Q followed by it keeps one
   dimension more. *)
From mathcomp Require Import all_ssreflect all_algebra.
From Deltaword Require Import householder.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.POrderTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Orthogonal.
Variables (R : realFieldType) (n : nat).
Implicit Types (Q : 'M[R]_n) (x y w : 'cV[R]_n).
Definition orthogonal Q := Q^T *m Q = 1%:M.

Lemma dot_orthogonal Q x y : orthogonal Q -> dot (Q *m x) (Q *m y) = dot x y.
Proof. by move=> O; rewrite /dot trmx_mul -mulmxA [Q^T *m _]mulmxA O mul1mx. Qed.

Lemma dotB x y w : dot w (x - y) = dot w x - dot w y.
Proof. by rewrite dotD -scaleN1r dotZ mulN1r. Qed.

Lemma GH_sym b w : (GH b w)^T = GH b w :> 'M[R]_n.
Proof. by rewrite /GH linearB /= trmx1 linearZ /= trmx_mul trmxK. Qed.

Lemma mirror_involutive w : w != 0 -> mirror w *m mirror w = 1%:M.
Proof. by move=> w0; apply: mirror_twice; rewrite divfK// nsq_eq0. Qed.

Lemma mirror_orthogonal w Q : w != 0 -> orthogonal Q -> orthogonal (mirror w *m Q).
Proof.
by move=> w0 O; rewrite /orthogonal trmx_mul GH_sym mulmxA -[_ *m _ *m mirror w]mulmxA mirror_involutive ?mulmx1.
Qed.

Section Step.
Variables (Q : 'M[R]_n) (x : 'cV[R]_n).
Hypotheses (orthoQ : orthogonal Q) (moved : Q *m x != x).
Let w := Q *m x - x.

Lemma w_neq0 : w != 0.
Proof. by rewrite subr_eq0. Qed.

Lemma mirror_returns : mirror w *m (Q *m x) = x.
Proof.
have E : nsq w = 2%:R * dot w (Q *m x).
  rewrite {1}/nsq {2}/w dotB {1 3}/w ![dot (_ - _) _]dotC !dotB dot_orthogonal// [dot (Q *m x) x]dotC.
  by rewrite opprB mulr2n mulrDl !mul1r.
have n0 : nsq w != 0 by rewrite nsq_eq0 w_neq0.
rewrite /mirror GH_mul; have -> : 2%:R / nsq w * dot w (Q *m x) = 1 by rewrite mulrAC -E divff.
by rewrite scale1r /w opprB addrC subrK.
Qed.

Lemma mirror_keeps y : Q *m y = y -> mirror w *m (Q *m y) = y.
Proof.
move=> Qy; rewrite Qy /mirror GH_mul; suff -> : dot w y = 0 by rewrite mulr0 scale0r subr0.
by have := dot_orthogonal x y orthoQ; rewrite Qy [dot w y]dotC /w dotB ![dot y _]dotC => ->; rewrite subrr.
Qed.

Lemma rank_drops : (\rank (1%:M - mirror w *m Q)%R < \rank (1%:M - Q)%R)%N.
Proof.
pose ker (M : 'M[R]_n) := kermx (1%:M - M)^T.
have in_ker (M : 'M[R]_n) (u : 'rV[R]_n) : (u <= ker M)%MS = (M *m u^T == u^T).
  rewrite sub_kermx -[u *m _]trmxK trmx_mul trmxK -trmx0 (inj_eq trmx_inj) mulmxBl mul1mx.
  by rewrite subr_eq0 eq_sym.
have lt : (ker Q < ker (mirror w *m Q))%MS.
  rewrite ltmxE; apply/andP; split.
    apply/row_subP => i; rewrite in_ker -mulmxA mirror_keeps//.
    by apply/eqP; rewrite -in_ker row_sub.
  apply: contra moved => sub; rewrite -[x]trmxK -in_ker; apply: submx_trans sub.
  by rewrite in_ker trmxK -mulmxA mirror_returns.
have := rank_ltmx lt; rewrite !mxrank_ker !mxrank_tr => less; rewrite ltnNge; apply/negP => more.
by move: less; rewrite ltnNge leq_sub2l.
Qed.
End Step.

Lemma moved_vector Q : Q != 1%:M -> exists x, Q *m x != x.
Proof.
move=> Q1; have [j Qj|same] := pickP (fun j => Q *m (delta_mx j 0 : 'cV[R]_n) != delta_mx j 0); first by exists (delta_mx j 0).
case/eqP: Q1; apply/matrixP => i j; have /negbFE/eqP/matrixP/(_ i 0) := same j.
by rewrite -colE !mxE eqxx andbT.
Qed.

Theorem orthogonal_mirrors Q : orthogonal Q ->
  (exists ws, [/\ size ws = \rank (1%:M - Q)%R, all (fun w => w != 0) ws & Q = mirrors ws]) /\
  forall s, Q = GHprod s -> (\rank (1%:M - Q)%R <= size s)%N.
Proof.
move=> O; split=> [|s ->]; last exact: rank_moved.
have [m] := ubnP (\rank (1%:M - Q)%R); elim: m Q O => // m IH Q O; rewrite ltnS => le_m.
have [->|/moved_vector[x Qx]] := eqVneq Q 1%:M.
  by exists [::]; rewrite subrr mxrank0 /mirrors big_nil.
set w := Q *m x - x; have w0 : w != 0 by apply: w_neq0.
have lt := rank_drops O Qx; rewrite -/w in lt.
have E : Q = mirror w *m (mirror w *m Q) by rewrite mulmxA mirror_involutive ?mul1mx.
have [ws [size_ws ok Ews]] := IH _ (mirror_orthogonal w0 O) (leq_trans lt le_m).
exists (w :: ws); split; last by rewrite /mirrors big_cons -/(mirrors ws) -Ews.
  apply/eqP; rewrite eqn_leq /= size_ws lt /= [X in (\rank (_ - X)%R <= _)%N]E.
  exact: rank_GH_mul.
by rewrite /= w0.
Qed.
End Orthogonal.
