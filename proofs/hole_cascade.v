(* The hole cascade: every automaton with n states runs in n - 1 permutation-and-reset layers.

   A cascade is a list of automata; each reads the letter and the states of the automata below it, as they were before the letter.
   A letter is a permutation-or-reset of a layer when it permutes the layer's states or sends all of them to one.

   Proved:
     hole_cascade         for every automaton on n + 1 states over any letters there are a cascade of n layers, of n + 1, n, ..., 2
                          states, in which every letter is a permutation-or-reset of every layer, a code of each state and a
                          decoder, such that after every word the decoder names the automaton's state.
     permutation_reset_layer   a permutation-or-reset is an affine map x -> A x + b of one-hot codes with |A x| <= |x|: such a layer
                          is one contractive layer.

   The proof: layer 1 keeps a hole h, a state where the automaton is not.  A letter that permutes moves the hole along; another letter
   misses some state, and the hole is reset to it.  The automaton's state is one of the n others, and these n places, counted around
   the hole, are an automaton of n states that reads (h, letter).

   Limits.  One state takes no layer, and n + 1 states take n; that some need as many is theory/planning/bounds.py, not here. *)
From mathcomp Require Import all_ssreflect all_algebra.
From Deltaword Require Import householder simulate.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.

Section Cascades.
Inductive cascade (S : Type) : Type :=
| Done
| Layer (n : nat) (step : 'I_n -> S -> 'I_n) (rest : cascade ('I_n * S)).

Fixpoint states S (c : cascade S) : Type := match c with Done => unit | Layer n _ rest => 'I_n * states rest end.

Fixpoint move S (c : cascade S) : states c -> S -> states c :=
  match c return states c -> S -> states c with
  | Done => fun s _ => s
  | Layer _ step rest => fun s a => (step s.1 a, move s.2 (s.1, a))
  end.

Definition permutation_or_reset n (f : 'I_n -> 'I_n) := injective f \/ exists q, forall p, f p = q.

Fixpoint permutation_reset S (c : cascade S) : Prop :=
  match c with Done => True | Layer _ step rest => (forall a, permutation_or_reset (step^~ a)) /\ permutation_reset rest end.

(* how many states each layer has, first layer first *)
Fixpoint widths S (c : cascade S) : seq nat := match c with Done => [::] | Layer n _ rest => n :: widths rest end.
End Cascades.
Arguments Done {S}.

Lemma missed n (f : 'I_n -> 'I_n) : ~ injective f -> exists q, q \notin codom f.
Proof.
move=> not_inj; apply/existsP; apply: contra_notT not_inj; rewrite negb_exists => /forallP onto.
suff /image_injP inj : #|image f 'I_n| == #|'I_n| by move=> p q; apply: inj.
rewrite eqn_leq max_card subset_leq_card//; apply/subsetP => q _.
by have := onto q; rewrite negbK.
Qed.

Section Hole.
Variables (n : nat) (S : Type) (delta : 'I_n.+2 -> S -> 'I_n.+2).

Definition hole (h : 'I_n.+2) (a : S) : 'I_n.+2 :=
  if injectiveb (delta^~ a) then delta h a else odflt h [pick q | q \notin codom (delta^~ a)].

Lemma hole_permutation_reset a : permutation_or_reset (hole^~ a).
Proof.
rewrite /hole; case: injectiveP => [inj|not_inj]; first by left.
right; have [q qP] := missed not_inj; case: pickP => [q' _|/(_ q)]; first by exists q'.
by rewrite qP.
Qed.

Lemma hole_avoids h q a : h != q -> hole h a != delta q a.
Proof.
move=> hq; rewrite /hole; case: injectiveP => [inj|not_inj]; first by rewrite (inj_eq inj).
have [q0 q0P] := missed not_inj; case: pickP => [q' /= q'P|/(_ q0)]; last by rewrite q0P.
by apply: contraNneq q'P => ->; apply: codom_f.
Qed.

(* the state, counted around the hole *)
Definition around (i : 'I_n.+1) (ha : 'I_n.+2 * S) : 'I_n.+1 :=
  odflt i (unlift (hole ha.1 ha.2) (delta (lift ha.1 i) ha.2)).

Lemma lift_around h i a : lift (hole h a) (around i (h, a)) = delta (lift h i) a.
Proof. by rewrite /around /=; have /unlift_some[j -> ->] := hole_avoids a (neq_lift h i). Qed.
End Hole.

Fixpoint holes n : forall S, ('I_n.+1 -> S -> 'I_n.+1) -> cascade S :=
  match n return forall S, ('I_n.+1 -> S -> 'I_n.+1) -> cascade S with
  | 0 => fun S _ => Done
  | m.+1 => fun S delta => Layer (hole delta) (holes (around delta))
  end.

Fixpoint decode n : forall S (delta : 'I_n.+1 -> S -> 'I_n.+1), states (holes delta) -> 'I_n.+1 :=
  match n return forall S (delta : 'I_n.+1 -> S -> 'I_n.+1), states (holes delta) -> 'I_n.+1 with
  | 0 => fun S delta _ => ord0
  | m.+1 => fun S delta s => lift s.1 (decode s.2)
  end.

Fixpoint code n : forall S (delta : 'I_n.+1 -> S -> 'I_n.+1), 'I_n.+1 -> states (holes delta) :=
  match n return forall S (delta : 'I_n.+1 -> S -> 'I_n.+1), 'I_n.+1 -> states (holes delta) with
  | 0 => fun S delta _ => tt
  | m.+1 => fun S delta q => let h := lift q ord0 in (h, code (around delta) (odflt ord0 (unlift h q)))
  end.

Lemma decode_code n S (delta : 'I_n.+1 -> S -> 'I_n.+1) q : decode (code delta q) = q.
Proof.
elim: n S delta q => [|n IH] S delta q /=; first by rewrite [q]ord1.
have /unlift_some[i E U] : lift q ord0 != q by rewrite eq_sym neq_lift.
by rewrite IH U /= -E.
Qed.

Lemma decode_move n S (delta : 'I_n.+1 -> S -> 'I_n.+1) (s : states (holes delta)) a : decode (move s a) = delta (decode s) a.
Proof.
elim: n S delta s a => [|n IH] S delta s a /=; first by rewrite [RHS]ord1.
by rewrite IH lift_around.
Qed.

Theorem hole_cascade n S (delta : 'I_n.+1 -> S -> 'I_n.+1) :
  exists (c : cascade S) (enc : 'I_n.+1 -> states c) (dec : states c -> 'I_n.+1),
    [/\ permutation_reset c, widths c = rev (iota 2 n)
      & forall q w, dec (foldl (@move S c) (enc q) w) = foldl delta q w].
Proof.
exists (holes delta), (code delta), (@decode n S delta); split.
- by elim: n S delta => //= n IH S delta; split=> //; apply: hole_permutation_reset.
- elim: n S delta => // n IH S delta.
  by rewrite -[n.+1 in RHS]addn1 iotaD rev_cat add2n /= IH.
move=> q w; rewrite -[q in RHS](decode_code delta); move: (code delta q) => s.
by elim: w s => //= a w IH s; rewrite IH decode_move.
Qed.

Section Contractive.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.
Variables (R : realFieldType) (n : nat).

Theorem permutation_reset_layer (f : 'I_n -> 'I_n) : permutation_or_reset f ->
  exists (A : 'M[R]_n) (b : 'cV[R]_n),
    (forall x : 'cV[R]_n, nsq (A *m x) <= nsq x) /\ forall q, A *m onehot R q + b = onehot R (f q).
Proof.
case=> [inj|[q fq]].
  exists (transition R (fun q (_ : unit) => f q) tt), 0; split=> [x|q]; last first.
    by rewrite addr0; apply: (onehot_run R (fun q (_ : unit) => f q) q [:: tt]).
  suff -> : nsq (transition R (fun q (_ : unit) => f q) tt *m x) = nsq x by [].
  rewrite /nsq /dot !mxE (reindex_inj inj) /=; apply: eq_bigr => i _; rewrite ![_^T _ _]mxE.
  suff -> : (transition R (fun q (_ : unit) => f q) tt *m x) (f i) 0 = x i 0 by [].
  rewrite mxE (bigD1 i)//= big1 ?addr0 => [|j ji]; first by rewrite mxE eqxx mul1r.
  by rewrite mxE (inj_eq inj) eq_sym (negPf ji) mul0r.
exists 0, (onehot R q); split=> [x|p]; last by rewrite mul0mx add0r fq.
by rewrite mul0mx {1}/nsq /dot mulmx0 mxE nsq_ge0.
Qed.
End Contractive.
