(* Permutations as products of mirrors I - 2 w w^T / |w|^2 along w = e_x - e_y.

   Below #cycles is #|porbits s|, the number of orbits of s, fixed points counted.  Proved, over any field in which 2 is not 0:
     few_transpositions     a permutation s of n points is a product of n - #cycles transpositions.
     permutation_mirrors    its matrix is a product of n - #cycles mirrors.
     permutation_rank       and I - P has rank n - #cycles, so (rank_moved of householder.v) it is no product of fewer.
     permutation_automaton  every automaton on n states whose letters permute them is tracked, after every word, by one layer of
                            n - #cycles(a) <= n - 1 mirrors for letter a on one-hot codes: a DeltaProduct layer, beta |k|^2 = 2 (for
                            these w, |w|^2 = 2 and beta = 1), no writes; and no fewer steps make a letter's matrix.
   permutation_rank needs no 2: it holds over every field. *)
From mathcomp Require Import all_ssreflect all_fingroup all_algebra.
From Deltaword Require Import householder simulate.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory GroupScope.

Section Transpositions.
Variable T : finType.
Implicit Types (s : {perm T}) (x y : T).

Lemma few_orbits s : #|porbits s| <= #|T|.
Proof. by rewrite leq_imset_card. Qed.

Theorem few_transpositions s : exists ts : seq (T * T),
  [/\ all (fun t => t.1 != t.2) ts, size ts = #|T| - #|porbits s| & s = \prod_(t <- ts) tperm t.1 t.2].
Proof.
have [m] := ubnP (#|T| - #|porbits s|); elim: m s => // m IH s; rewrite ltnS => le_m.
have [x sx|fixed] := pickP (fun x => s x != x); last first.
  have s1 : s = 1 by apply/permP => x; rewrite perm1; have /negbFE/eqP := fixed x.
  have single : injective (porbit s) => [y z E|].
    by have := porbit_id s y; rewrite E s1 => /porbitP[i ->]; rewrite expg1n perm1.
  by exists [::]; rewrite big_nil /porbits card_imset// subnn.
have more : #|porbits (tperm (s x) x * s)| = #|porbits s|.+1.
  have := porbits_mul_tperm s (s x) x; rewrite sx addn1 => <-.
  suff -> : s x \in porbit s x by rewrite addn0.
  by rewrite -{1}[s]expg1 mem_porbit.
have le := few_orbits (tperm (s x) x * s).
have [|ts [ok size_ts E]] := IH (tperm (s x) x * s).
  by apply: leq_trans le_m; rewrite more subnS prednK// subn_gt0 -more.
exists ((s x, x) :: ts); rewrite /= sx ok big_cons /= -E mulgA tperm2 mul1g; split=> //.
by rewrite size_ts more subnSK// -more.
Qed.
End Transpositions.

Section Mirrors.
Local Open Scope ring_scope.
Variables (R : fieldType) (n : nat).
Hypothesis two0 : (2%:R : R) != 0.
Implicit Types x y : 'I_n.
Definition edge x y : 'cV[R]_n := delta_mx x 0 - delta_mx y 0.

Lemma edgeE x y i : edge x y i 0 = (i == x)%:R - (i == y)%:R.
Proof. by rewrite !mxE eqxx !andbT. Qed.

Lemma edge_nsq x y : x != y -> nsq (edge x y) = 2%:R.
Proof.
move=> xy; rewrite /nsq /dot mxE (bigD1 x)//= (bigD1 y) 1?eq_sym//= big1 => [|i /andP[ix iy]].
  rewrite [_^T _ x]mxE [_^T _ y]mxE !edgeE !eqxx [y == x]eq_sym (negPf xy).
  by rewrite subr0 sub0r mulrNN !mulr1 addr0 -natrD.
by rewrite [_^T _ i]mxE !edgeE (negPf ix) (negPf iy) subrr mul0r.
Qed.

Lemma tperm_mirror x y : x != y -> tperm_mx x y = mirror (edge x y).
Proof.
move=> xy; rewrite /mirror edge_nsq// divff// /GH scale1r.
apply/matrixP => i j; rewrite !mxE big_ord_recl big_ord0 addr0 [_^T _ _]mxE !edgeE.
case: tpermP => [->|->|/eqP ix /eqP iy].
- rewrite eqxx (negPf xy) subr0 mul1r ![j == _]eq_sym.
  by rewrite opprB addrC subrK.
- rewrite eqxx [y == x]eq_sym (negPf xy) sub0r mulN1r opprK ![j == _]eq_sym.
  by rewrite addrC subrK.
- by rewrite (negPf ix) (negPf iy) subrr mul0r subr0.
Qed.

Theorem permutation_mirrors (s : {perm 'I_n}) : exists ws : seq 'cV[R]_n,
  [/\ size ws = (n - #|porbits s|)%N, all (fun w => nsq w != 0) ws & perm_mx s = mirrors ws].
Proof.
have [ts [ok sz E]] := few_transpositions s.
exists [seq edge t.1 t.2 | t <- ts]; rewrite size_map all_map; split; first by rewrite sz card_ord.
  by apply: sub_all ok => t /= txy; rewrite edge_nsq.
rewrite /mirrors {}E; elim: ts ok {sz} => [|t ts IH]; first by rewrite !big_nil perm_mx1.
rewrite [all _ _]/= => /andP[txy /IH E].
by rewrite map_cons !big_cons perm_mxM -E -tperm_mirror.
Qed.

Variables (S : Type) (delta : 'I_n -> S -> 'I_n).
Hypothesis permutes : forall a, injective (delta^~ a).

Definition cycles a := #|porbits (perm (@permutes a))|.
Definition makes a (ws : seq 'cV[R]_n) :=
  [&& size ws == (n - cycles a)%N, all (fun w => nsq w != 0) ws & transition R delta a == mirrors ws].

Lemma exists_mirrors a : exists ws, makes a ws.
Proof.
have [ws [sz ok E]] := permutation_mirrors (perm (@permutes a))^-1.
exists ws; rewrite /makes ok -E sz porbitsV eqxx /=; apply/eqP/matrixP => i j; rewrite !mxE.
by rewrite (canF_eq (permKV _)) permE.
Qed.

Lemma cycles_gt0 a : (0 < n)%N -> (0 < cycles a)%N.
Proof.
move=> n0; apply/card_gt0P; exists (porbit (perm (@permutes a)) (Ordinal n0)).
exact: imset_f.
Qed.

Theorem permutation_automaton : exists ws : S -> seq 'cV[R]_n,
  [/\ forall a, size (ws a) = (n - cycles a)%N /\ (size (ws a) <= n.-1)%N,
      forall a, all (fun w => nsq w != 0) (ws a)
    & forall q w, foldl (fun h a => mirrors (ws a) *m h) (onehot R q) w = onehot R (foldl delta q w)].
Proof.
exists (fun a => xchoose (exists_mirrors a)); split=> [a|a|q w].
- have /and3P[/eqP -> _ _] := xchooseP (exists_mirrors a); split=> //.
  by have [->//|n0] := posnP n; rewrite -subn1 leq_sub2l// cycles_gt0.
- by have /and3P[] := xchooseP (exists_mirrors a).
rewrite -onehot_run; elim: w (onehot R q) => //= a w IH h; rewrite IH; congr (foldl _ (_ *m _) _).
by have /and3P[_ _ /eqP ->] := xchooseP (exists_mirrors a).
Qed.
End Mirrors.

Section Rank.
Local Open Scope ring_scope.
Variables (F : fieldType) (n : nat) (s : {perm 'I_n}).

(* the rows say which points each orbit has; they span the vectors that are constant on orbits *)
Let orbits : 'M[F]_(#|porbits s|, n) := \matrix_(i, j) (j \in (enum_val i : {set 'I_n}))%:R.

Lemma in_porbits j : porbit s j \in porbits s.
Proof. exact: imset_f. Qed.
Let number j : 'I_#|porbits s| := enum_rank_in (in_porbits j) (porbit s j).

Lemma in_orbit i j : (j \in (enum_val i : {set 'I_n})) = (i == number j).
Proof.
have /imsetP[x _ E] := enum_valP i; apply/idP/eqP => [|->]; last by rewrite enum_rankK_in ?in_porbits// porbit_id.
rewrite E -eq_porbit_mem => /eqP same; apply: enum_val_inj.
by rewrite [RHS]enum_rankK_in ?in_porbits// E same.
Qed.

Lemma number_step j : number (s j) = number j.
Proof. by apply: enum_val_inj; rewrite !enum_rankK_in ?in_porbits// -{2}[s]expg1 porbit_perm. Qed.

Lemma mul_perm_mx m (M : 'M[F]_(m, n)) i j : (M *m perm_mx s) i (s j) = M i j.
Proof. by rewrite -[s]invgK -col_permE mxE permKV. Qed.

Lemma point i : {x | number x = i}.
Proof.
have [x /eqP] : {x | number x == i}; last by exists x.
apply: sigW; have /imsetP[x _ E] := enum_valP i; exists x.
by rewrite eq_sym -in_orbit E porbit_id.
Qed.

Lemma orbits_kernel : (kermx (1%:M - perm_mx s : 'M[F]_n) :=: orbits)%MS.
Proof.
apply/eqmxP/andP; split; last first.
  apply/sub_kermxP; rewrite mulmxBr mulmx1; apply/eqP; rewrite subr_eq0; apply/eqP/matrixP => i j.
  by rewrite -[j](permKV s) mul_perm_mx ![orbits _ _]mxE !in_orbit number_step.
apply/row_subP => r; apply/submxP; set u := row r _.
have uP : u *m perm_mx s = u.
  have : u *m (1%:M - perm_mx s) = 0 by rewrite /u -row_mul mulmx_ker row0.
  by rewrite mulmxBr mulmx1 => /eqP; rewrite subr_eq0 => /eqP.
have step j : u 0 (s j) = u 0 j by rewrite -{1}uP mul_perm_mx.
have same i j : number i = number j -> u 0 i = u 0 j.
  move=> ij; have /porbitP[k ->] : i \in porbit s j.
    by rewrite -eq_porbit_mem -(enum_rankK_in (in_porbits i) (in_porbits i)) -/(number i) ij enum_rankK_in ?in_porbits.
  by elim: k => [|k IH]; rewrite ?expg0 ?perm1// expgSr permM step.
exists (\row_i u 0 (sval (point i))); apply/rowP => j; rewrite [RHS]mxE (bigD1 (number j))//=.
rewrite big1 ?addr0 => [|i /negPf ne]; last by rewrite !mxE in_orbit ne mulr0.
by rewrite [X in _ = X * _]mxE [orbits _ _]mxE in_orbit eqxx mulr1; apply: same; rewrite (svalP (point _)).
Qed.

Theorem permutation_rank : \rank (1%:M - perm_mx s : 'M[F]_n)%R = (n - #|porbits s|)%N.
Proof.
have free : row_free orbits.
  apply/row_freeP; exists (\matrix_(j, i) (j == sval (point i))%:R); apply/matrixP => i i'; rewrite !mxE.
  rewrite (bigD1 (sval (point i')))//= big1 ?addr0 => [|j /negPf ne]; last by rewrite !mxE ne mulr0.
  by rewrite !mxE eqxx mulr1 in_orbit (svalP (point i')).
have := mxrank_ker (1%:M - perm_mx s : 'M[F]_n)%R; rewrite orbits_kernel (eqP free) => ->.
by rewrite subKn// rank_leq_row.
Qed.
End Rank.
