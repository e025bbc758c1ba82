"""The Coq text that every generated certificate begins with: what a network computes, and why a closed list of pairs is a proof.

Model         the network of theory/exact_stack.py over Q, one definition for each of its parts; numbers stay in lowest terms, so that
              equal states are the same term.  Vectors that are mostly zeros are written as (gap, entry), (gap, entry), ...
Theorem       closed_names: when every pair (states, q) of a finite list names q, and every letter takes it to a pair of the list, and
              the start is in it, then the network names the machine's state after every word over the letters.
Needs         Coq's standard library only.  No axioms: each certificate ends by asking Coq so.
"""

MODEL = r"""Require Import List Bool NArith QArith FMapPositive Lia.
Import ListNotations.
Open Scope Q_scope.

(* ---- what a network is.  Sparse vectors are lists of (gap, entry): so many zeros, then the entry. *)
Definition vec := list Q.
Definition sparse := list (N * Q).
Definition z (zeros : N) (entry : Q) : N * Q := (zeros, entry).
Record step := Step { beta : Q; key : sparse; value : vec }.
Record action := Action { gate : Q; steps : list step }.
Record head := Head { initial : list vec; query : sparse; width : nat; actions : list action }.
Definition affine := list (sparse * Q).  (* a row and its bias, for each number it gives *)
Record link := Link { symbols : nat; before : vec; after : vec; maps : list affine }.
Record network := Network { layers : list (list head); links : list link; reader : list affine }.
Record machine := Machine { letters : nat; table : list (list N); start : N; accepting : list N }.

(* ---- what it computes.  Every number is kept in lowest terms. *)
Fixpoint dot (r : sparse) (x : vec) : Q :=
  match r with
  | [] => 0
  | (g, w) :: r => match skipn (N.to_nat g) x with [] => 0 | y :: x => Qred (w * y + dot r x) end
  end.

(* x + c u *)
Fixpoint axpy (c : Q) (u x : vec) : vec :=
  match u, x with b :: u, a :: x => Qred (a + c * b) :: axpy c u x | _, _ => [] end.

(* v + c k^T M *)
Fixpoint weighted (c : Q) (k : sparse) (M : list vec) (v : vec) : vec :=
  match k with
  | [] => v
  | (g, e) :: k => match skipn (N.to_nat g) M with [] => v | r :: M => axpy (c * e) r (weighted c k M v) end
  end.

(* M + k u^T *)
Fixpoint add_outer (k : sparse) (u : vec) (M : list vec) : list vec :=
  match k with
  | [] => M
  | (g, e) :: k =>
    firstn (N.to_nat g) M ++ match skipn (N.to_nat g) M with [] => [] | r :: M => axpy e u r :: add_outer k u M end
  end.

(* M + k (beta (v - k^T M)) = (I - beta k k^T) M + beta k v^T *)
Definition do_step (M : list vec) (f : step) : list vec :=
  add_outer (key f) (map (fun x => Qred (beta f * x)) (weighted (-1) (key f) M (value f))) M.

Definition act (h : head) (symbol : nat) (M : list vec) : list vec :=
  match nth_error (actions h) symbol with
  | None => M
  | Some a => fold_left do_step (steps a) (if Qeq_bool (gate a) 1 then M else map (map (fun x => Qred (gate a * x))) M)
  end.

Definition read (h : head) (M : list vec) : vec := weighted 1 (query h) M (repeat 0 (width h)).

Fixpoint map2 {A B C} (f : A -> B -> C) (a : list A) (b : list B) : list C :=
  match a, b with x :: a, y :: b => f x y :: map2 f a b | _, _ => [] end.
Definition reads (heads : list head) (states : list (list vec)) : vec := concat (map2 read heads states).

Definition relu (x : Q) : Q := if Qle_bool x 0 then 0 else x.
Definition apply_affine (rows : affine) (x : vec) : vec := map (fun row => Qred (dot (fst row) x + snd row)) rows.
Fixpoint mlp (maps : list affine) (x : vec) : vec :=
  match maps with [] => x | [last] => apply_affine last x | first :: rest => mlp rest (map relu (apply_affine first x)) end.

Definition one_hot (n symbol : nat) : vec := map (fun i => if Nat.eqb i symbol then 1 else 0) (seq 0 n).
(* the place of the 1 in a unit vector *)
Fixpoint place (x : vec) : option nat :=
  match x with
  | [] => None
  | y :: x =>
    if Qeq_bool y 1 then (if forallb (Qeq_bool 0) x then Some O else None)
    else if Qeq_bool y 0 then option_map S (place x) else None
  end.
Definition next_symbol (l : link) (symbol : nat) (o_before o_after : vec) : option nat :=
  let mixed := map2 (fun x y => Qred (x + y)) (map2 Qmult (before l) o_before) (map2 Qmult (after l) o_after) in
  place (mlp (maps l) (one_hot (symbols l) symbol ++ mixed)).

Definition states := list (list (list vec)).
Fixpoint advance (layers : list (list head)) (links : list link) (M : states) (symbol : nat) : option states :=
  match layers, M with
  | heads :: layers, old :: M =>
    let new := map2 (fun h => act h symbol) heads old in
    match links with
    | [] => Some [new]
    | l :: links =>
      match next_symbol l symbol (reads heads old) (reads heads new) with
      | None => None
      | Some symbol => option_map (cons new) (advance layers links M symbol)
      end
    end
  | _, _ => None
  end.

(* the first place of the largest entry *)
Fixpoint argmax (best : Q) (at_ i : N) (x : vec) : N :=
  match x with [] => at_ | y :: x => if Qle_bool y best then argmax best at_ (N.succ i) x else argmax y i (N.succ i) x end.
Definition named (n : network) (M : states) : N :=
  match mlp (reader n) (concat (map2 reads (layers n) M)) with [] => 0%N | y :: x => argmax y 0 1 x end.

Definition first_states (n : network) : states := map (map initial) (layers n).
Fixpoint run (n : network) (M : states) (w : list nat) : option states :=
  match w with [] => Some M | a :: w => match advance (layers n) (links n) M a with Some M => run n M w | None => None end end.
Definition network_names (n : network) (w : list nat) : option N := option_map (named n) (run n (first_states n) w).

Definition delta (m : machine) (q : N) (a : nat) : N := nth a (nth (N.to_nat q) (table m) []) 0%N.
Definition state_after (m : machine) (w : list nat) : N := fold_left (delta m) w (start m).
Definition accepts (m : machine) (q : N) : bool := existsb (N.eqb q) (accepting m).
Definition word (m : machine) (w : list nat) : Prop := Forall (fun a => (a < letters m)%nat) w.

(* ---- the closure: a numbered list of pairs (network's states, machine's state), with the number of each pair's successors *)
Definition entry := (states * N * list positive)%type.

Fixpoint same {A} (eq : A -> A -> bool) (x y : list A) : bool :=
  match x, y with [], [] => true | a :: x, b :: y => eq a b && same eq x y | _, _ => false end.
Definition same_q (x y : Q) := (Qnum x =? Qnum y)%Z && (Qden x =? Qden y)%positive.
Definition same_states : states -> states -> bool := same (same (same (same same_q))).

Lemma same_eq {A} (eq : A -> A -> bool) :
  (forall a b, eq a b = true -> a = b) -> forall x y, same eq x y = true -> x = y.
Proof.
  intros E x; induction x as [|a x IH]; intros [|b y] H; try discriminate; auto.
  apply andb_true_iff in H as [H1 H2]; f_equal; auto.
Qed.
Lemma same_states_eq x y : same_states x y = true -> x = y.
Proof.
  unfold same_states; apply same_eq, same_eq, same_eq, same_eq; intros [a b] [c d] H.
  apply andb_true_iff in H as [H1 H2]; apply Z.eqb_eq in H1; apply Pos.eqb_eq in H2; cbn in *; congruence.
Qed.

Section Closure.
Variables (n : network) (m : machine).

Definition good (found : PositiveMap.t entry) (e : entry) : bool :=
  let '(s, q, row) := e in
  (named n s =? q)%N && (length row =? letters m)%nat &&
  forallb (fun aj => match advance (layers n) (links n) s (fst aj), PositiveMap.find (snd aj) found with
                     | Some t, Some (t', q', _) => same_states t t' && (q' =? delta m q (fst aj))%N
                     | _, _ => false
                     end) (combine (seq 0 (letters m)) row).
Definition closed (found : PositiveMap.t entry) : bool :=
  match PositiveMap.find 1%positive found with Some (s, q, _) => same_states (first_states n) s && (start m =? q)%N | None => false end
  && forallb (fun ie => good found (snd ie)) (PositiveMap.elements found).

(* pair 1 is where both start; each later pair is given by an earlier one and a letter *)
Definition p (parent : positive) (letter : nat) (row : list positive) := (parent, letter, row).
Fixpoint grow (pairs : list (positive * nat * list positive)) (i : positive) (found : PositiveMap.t entry) :=
  match pairs with
  | [] => found
  | (parent, a, row) :: pairs =>
    grow pairs (Pos.succ i)
      match PositiveMap.find parent found with
      | Some (s, q, _) =>
        match advance (layers n) (links n) s a with Some t => PositiveMap.add i (t, delta m q a, row) found | None => found end
      | None => found
      end
  end.
Definition all_pairs (first_row : list positive) (pairs : list (positive * nat * list positive)) :=
  grow pairs 2 (PositiveMap.add 1%positive (first_states n, start m, first_row) (PositiveMap.empty _)).

Lemma combine_seq_nth (row : list positive) (a k : nat) :
  (a < length row)%nat -> In ((k + a)%nat, nth a row 1%positive) (combine (seq k (length row)) row).
Proof.
  revert a k; induction row as [|j row IH]; cbn; intros a k H; [lia|].
  destruct a as [|a]; [left; f_equal; lia|right].
  replace (k + S a)%nat with (S k + a)%nat by lia; apply IH; lia.
Qed.

Lemma closed_run found : closed found = true -> forall w i s q row,
  word m w -> PositiveMap.find i found = Some (s, q, row) ->
  exists t, run n s w = Some t /\ named n t = fold_left (delta m) w q.
Proof.
  intros C; apply andb_true_iff in C as [_ C]; rewrite forallb_forall in C.
  assert (G : forall i e, PositiveMap.find i found = Some e -> good found e = true).
  { intros i e F; apply (C (i, e)), PositiveMap.elements_correct, F. }
  induction w as [|a w IH]; intros i s q row W F; assert (H := G _ _ F); cbn in H.
  - exists s; split; auto; apply andb_true_iff in H as [H _]; apply andb_true_iff in H as [H _].
    now apply N.eqb_eq in H.
  - inversion W as [|? ? Wa Ww]; subst.
    apply andb_true_iff in H as [H Hs]; apply andb_true_iff in H as [_ L]; apply Nat.eqb_eq in L.
    rewrite forallb_forall in Hs; specialize (Hs (a, nth a row 1%positive)).
    assert (I : In (a, nth a row 1%positive) (combine (seq 0 (letters m)) row)).
    { rewrite <- L; apply (combine_seq_nth row a 0); lia. }
    specialize (Hs I); cbn [fst snd] in Hs; cbn [run].
    destruct (advance (layers n) (links n) s a) as [t|]; [|discriminate].
    destruct (PositiveMap.find (nth a row 1%positive) found) as [[[t' q'] row']|] eqn:F'; [|discriminate].
    apply andb_true_iff in Hs as [E Eq]; apply same_states_eq in E; apply N.eqb_eq in Eq; subst t' q'.
    exact (IH _ _ _ _ Ww F').
Qed.

Theorem closed_names found : closed found = true -> forall w, word m w -> network_names n w = Some (state_after m w).
Proof.
  intros C w W; assert (C' := C); apply andb_true_iff in C' as [B _].
  destruct (PositiveMap.find 1%positive found) as [[[s q] row]|] eqn:F; [|discriminate].
  apply andb_true_iff in B as [E Eq]; apply same_states_eq in E; apply N.eqb_eq in Eq; subst s q.
  destruct (closed_run found C w _ _ _ _ W F) as [t [R N]].
  unfold network_names, state_after; rewrite R, <- N; reflexivity.
Qed.
End Closure.

(* ---- 0 <= gate <= 1 and 0 <= beta |k|^2 <= 2: all that a letter does is a contraction *)
Definition squared (k : sparse) : Q := fold_right (fun e s => Qred (snd e * snd e + s)) 0 k.
Definition contracts (a : action) : Prop :=
  0 <= gate a <= 1 /\ forall f, In f (steps a) -> 0 <= beta f * squared (key f) <= 2.
Definition contracts_b (a : action) : bool :=
  Qle_bool 0 (gate a) && Qle_bool (gate a) 1 &&
  forallb (fun f => let size := beta f * squared (key f) in Qle_bool 0 size && Qle_bool size 2) (steps a).
Lemma contracts_all n :
  forallb (forallb (fun h => forallb contracts_b (actions h))) (layers n) = true ->
  forall heads h a, In heads (layers n) -> In h heads -> In a (actions h) -> contracts a.
Proof.
  rewrite forallb_forall; intros H heads h a Hh Hi Ha; specialize (H _ Hh); rewrite forallb_forall in H.
  specialize (H _ Hi); rewrite forallb_forall in H; specialize (H _ Ha); unfold contracts_b in H.
  apply andb_true_iff in H as [H S]; apply andb_true_iff in H as [G0 G1]; rewrite forallb_forall in S.
  split; [split; now apply Qle_bool_iff|intros f F; specialize (S _ F)].
  apply andb_true_iff in S as [S0 S2]; split; now apply Qle_bool_iff.
Qed.
"""
