(* Simulation: a recurrence that does the right thing on every (state, letter) does it on every word.

   Proved:
     simulate     step (enc q) a = enc (delta q a) for all states q and letters a implies, for every word, that the recurrence
                  started at enc q ends at the code of the state where the automaton started at q ends; and so for what is read.
     onehot_run   an instance: for any automaton on n states, the matrices with a 1 at (delta q a, q) and one-hot codes.

   Limits.  Exact arithmetic, over any commutative ring.  The one-hot matrices of letters that merge states are no contractions:
   see one_layer_obstruction.v for what contractions cannot do, and hole_cascade.v for what several layers can. *)
From mathcomp Require Import all_ssreflect all_algebra.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory.
Local Open Scope ring_scope.

Section Simulation.
Variables (Q S H : Type) (delta : Q -> S -> Q) (step : H -> S -> H) (enc : Q -> H).
Hypothesis local : forall q a, step (enc q) a = enc (delta q a).

Lemma simulate_states q w : foldl step (enc q) w = enc (foldl delta q w).
Proof. by elim: w q => //= a w IH q; rewrite local IH. Qed.

Variables (O : Type) (out : H -> O) (answer : Q -> O).
Hypothesis read : forall q, out (enc q) = answer q.

Theorem simulate q w : foldl step (enc q) w = enc (foldl delta q w) /\ out (foldl step (enc q) w) = answer (foldl delta q w).
Proof. by rewrite simulate_states read. Qed.
End Simulation.

Section OneHot.
Variables (R : comRingType) (n : nat) (S : Type) (delta : 'I_n -> S -> 'I_n).
Definition transition (a : S) : 'M[R]_n := \matrix_(i, j) (i == delta j a)%:R.
Definition onehot (q : 'I_n) : 'cV[R]_n := delta_mx q 0.

Theorem onehot_run q w : foldl (fun h a => transition a *m h) (onehot q) w = onehot (foldl delta q w).
Proof.
apply: simulate_states => {}q a; rewrite /onehot -colE.
by apply/matrixP => i j; rewrite !mxE ord1 eqxx andbT.
Qed.
End OneHot.
