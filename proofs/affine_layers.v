(* Layers h <- A(x) h + b(x), the A(x) linear: what a word does to differences of states.

   Proved, over any ring, for states in any module and any word w with linear part A_w (the product of its letters' A):
     error_control   A_w (x - y) is the difference of where w leads x and y.  So if w leads x and y back to themselves, A_w keeps
                     x - y, and an error c (x - y), added to any state, is the same after w: nothing corrects it. *)
From mathcomp Require Import all_ssreflect all_algebra.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory.
Local Open Scope ring_scope.

Section Affine.
Variables (R : ringType) (V : lmodType R).

Lemma of_difference (f : V -> V) x y : linear f -> f (x - y) = f x - f y.
Proof. by move=> L; rewrite addrC -scaleN1r L scaleN1r addrC. Qed.

Lemma of_zero (f : V -> V) : linear f -> f 0 = 0.
Proof. by move=> L; have := of_difference 0 0 L; rewrite !subrr. Qed.

Variables (S : Type) (A : S -> V -> V) (b : S -> V).
Hypothesis A_linear : forall a, linear (A a).
Definition step h a := A a h + b a.
Definition linear_part (w : seq S) h := foldl (fun h a => A a h) h w.

Lemma linear_part_linear w : linear (linear_part w).
Proof. by elim: w => [|a w IH] c x y //=; rewrite A_linear IH. Qed.

Lemma foldl_sub x y w : foldl step x w - foldl step y w = linear_part w (x - y).
Proof.
elim: w x y => //= a w IH x y; rewrite IH /step; congr (linear_part w _).
by rewrite opprD addrACA subrr addr0 of_difference.
Qed.

Theorem error_control w x y :
  linear_part w (x - y) = foldl step x w - foldl step y w /\
  (foldl step x w = x -> foldl step y w = y ->
    linear_part w (x - y) = x - y /\ forall h c, foldl step (h + c *: (x - y)) w = foldl step h w + c *: (x - y)).
Proof.
split=> [|wx wy]; first by rewrite foldl_sub.
have keep : linear_part w (x - y) = x - y by rewrite -foldl_sub wx wy.
split=> // h c; apply/eqP; rewrite -subr_eq0 opprD addrA foldl_sub [h + _]addrC addrK subr_eq0; apply/eqP.
by rewrite -[c *: _ in LHS]addr0 linear_part_linear (of_zero (@linear_part_linear w)) addr0 keep.
Qed.
End Affine.
