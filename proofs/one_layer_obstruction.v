(* What one contractive layer cannot track.

   The model.  A layer has the state h <- A(x) h + b(x) on letter x, every A(x) linear with |A(x) h| <= |h|, exact, over any ordered
   field.  From h0 it reaches finitely many states.  It answers for an automaton (delta, q0) with answers on its states if some
   function of the state and of the last letter is the answer at the automaton's state, after every word that is not empty; the answers
   may be the states themselves (it tracks the automaton), or accept and reject (it recognises the language).  A word is an idempotent of
   the automaton if reading it twice does what reading it once does, from every state that is reached.

   Proved:
     obstruction      if a layer, its states in any space with an inner product, answers for the automaton, and u, v are idempotents,
                      then after any words w the words u v u and v u lead to states with the same answers, now and after any more
                      letters z.  So e f e = f e for idempotents e, f of the minimal automaton, words acting from the left.
     without_writes   if besides b = 0 and the function sees the state only, then u v and v u do: e f = f e.
     matrix_layer_obstruction, matrix_layer_without_writes   the same for states [n, d] and matrices A(x) [n, n] with |A(x) z| <= |z|
                      for all z: one layer of (Gated) DeltaNet, of DeltaProduct with any n_h, of anything contractive.
     no_layer_for_a_star_b_star   so no such layer recognises a*b*, whatever it writes.

   The proof.  u repeated k = N! times, N the number of states, is idempotent on the states.  So its linear part P is an idempotent
   contraction of the span of the differences of states, and Q, that of v, too; such a map is an orthogonal projection.  T = P Q P is
   symmetric, and T^2k = T^k since there are finitely many states.  As T is symmetric, T^(k+1) = T; so |T z| = |z| for z = T x, which
   forces Q z = z; that is Q T = T, from which Q P = P Q P = P Q follows by taking adjoints.  For d = u(h) - h, P d = 0, so P Q d = 0:
   that says u(v(u(h))) = u(v(h)), functions written on the left.  No limits and no axioms.

   Limits.  States before and after the last letter only: a convolution before the layer makes another model.  That the identity is
   also enough for one layer is not proved here (theory/obstruction.py; that rests on Ash's theorem). *)
From mathcomp Require Import all_ssreflect all_algebra.
From Deltaword Require Import householder affine_layers.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.POrderTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(* ---------------------------------------------------------------- finitely many states *)

Lemma repeats (T : eqType) (f : T -> T) x (xs : seq T) : (forall i, iter i f x \in xs) ->
  iter ((size xs)`! + (size xs)`!) f x = iter (size xs)`! f x.
Proof.
move=> xsP; have /(uniqPn x) : ~~ uniq [seq iter i f x | i <- iota 0 (size xs).+1].
  apply/negP => /(@uniq_leq_size _ _ xs) sub; suff : (size xs < size xs)%N by rewrite ltnn.
  by rewrite size_map size_iota in sub; apply: sub => _ /mapP[i _ ->].
case=> i [j]; rewrite size_map size_iota => -[ij jN].
rewrite !(nth_map 0%N) ?size_iota ?(ltn_trans ij)// !nth_iota ?(ltn_trans ij)// !add0n => E.
have period m : (i <= m)%N -> iter (m + (j - i)) f x = iter m f x.
  by move=> im; rewrite -(subnK im) -addnA subnKC ?(ltnW ij)// !iterD E.
have period_c c m : (i <= m)%N -> iter (m + c * (j - i)) f x = iter m f x.
  by move=> im; elim: c => [|c IH]; rewrite ?addn0// mulSn addnCA addnC period// (leq_trans im) ?leq_addr.
have N0 : (0 < size xs)%N by apply: leq_ltn_trans (_ : i < _)%N; rewrite // -ltnS (leq_trans _ jN).
have /dvdnP[c {2}->] : (j - i %| (size xs)`!)%N.
  by apply: dvdn_fact; rewrite subn_gt0 ij (leq_trans (leq_subr _ _)).
apply: period_c; apply: leq_trans (ltnW ij) _; apply: leq_trans (jN : (j <= size xs)%N) _.
by apply: dvdn_leq; rewrite ?fact_gt0// dvdn_fact// N0 leqnn.
Qed.

Definition power (S : Type) (u : seq S) k := flatten (nseq k u).

Lemma foldl_power (T S : Type) (step : T -> S -> T) u k x :
  foldl step x (power u k) = iter k (fun y => foldl step y u) x.
Proof. by elim: k x => //= k IH x; rewrite foldl_cat IH -iterSr. Qed.

(* ---------------------------------------------------------------- idempotent contractions *)

Section Geometry.
Variables (R : realFieldType) (V : lmodType R) (ip : V -> V -> R).
Hypothesis ipC : forall u v, ip u v = ip v u.
Hypothesis ipL : forall u c v w, ip u (c *: v + w) = c * ip u v + ip u w.
Hypothesis ip_gt0 : forall u, u != 0 -> 0 < ip u u.

Definition contraction (P : V -> V) := forall x, ip (P x) (P x) <= ip x x.

Lemma ipD u v w : ip u (v + w) = ip u v + ip u w.
Proof. by rewrite -[v]scale1r ipL mul1r scale1r. Qed.
Lemma ip0 u : ip u 0 = 0.
Proof. by apply: (addIr (ip u 0)); rewrite -ipD !add0r. Qed.
Lemma ipZ u c v : ip u (c *: v) = c * ip u v.
Proof. by rewrite -[_ *: v]addr0 ipL ip0 addr0. Qed.
Lemma ipB u v w : ip u (v - w) = ip u v - ip u w.
Proof. by rewrite ipD -scaleN1r ipZ mulN1r. Qed.
Lemma ip_ge0 u : 0 <= ip u u.
Proof. by have [->|/ip_gt0/ltW//] := eqVneq u 0; rewrite ip0. Qed.
Lemma ip_eq0 u : ip u u = 0 -> u = 0.
Proof. by move=> u0; apply/eqP; apply: contra_eqT u0 => /ip_gt0; rewrite lt_def => /andP[]. Qed.

(* the shortest point of a line is orthogonal to it *)
Lemma shortest y z : (forall t, ip y y <= ip (y + t *: z) (y + t *: z)) -> ip y z = 0.
Proof.
move=> short; have [->|z0] := eqVneq z 0; first by rewrite ip0.
have b0 := ip_gt0 z0; have := short (- (ip y z / ip z z)).
set t := - _; rewrite ipD ipZ ![ip (_ + _) _]ipC !ipD !ipZ [ip z y]ipC -addrA ler_addl.
have -> : t * ip y z + t * (ip y z + t * ip z z) = - (ip y z ^+ 2 / ip z z).
  by rewrite [t * ip z z]mulNr divfK ?gt_eqF// subrr mulr0 addr0 /t mulNr expr2 mulrAC.
rewrite oppr_ge0 pmulr_lle0 ?invr_gt0// => le0; apply/eqP; rewrite -sqrf_eq0; apply/eqP/le_anti.
by rewrite le0 sqr_ge0.
Qed.

Variable W : V -> Prop.  (* a subspace *)
Hypothesis WL : forall c u v, W u -> W v -> W (c *: u + v).

Definition projection P :=
  [/\ linear P, contraction P, (forall x, W x -> W (P x)) & forall x, W x -> P (P x) = P x].

Lemma WB u v : W u -> W v -> W (u - v).
Proof. by move=> Wu Wv; rewrite addrC -scaleN1r; apply: WL. Qed.

Section OneProjection.
Variable P : V -> V.
Hypothesis projP : projection P.

Lemma linB x y : P (x - y) = P x - P y.
Proof. by have [L _ _ _] := projP; apply: of_difference. Qed.

Lemma orthogonal x y : W x -> W y -> ip (P x) (y - P y) = 0.
Proof.
have [L C St Id] := projP; move=> Wx Wy; apply: shortest => t.
apply: le_trans (C _); rewrite addrC L linB !Id// subrr scaler0 add0r; exact: lexx.
Qed.

Lemma symmetric x y : W x -> W y -> ip (P x) y = ip x (P y).
Proof.
move=> Wx Wy; apply: (@etrans _ _ (ip (P x) (P y))); apply/eqP; rewrite -subr_eq0 -?ipB ?orthogonal//.
by rewrite ipC [ip x _]ipC -ipB -oppr_eq0 -[- _]mulN1r -ipZ scaleN1r opprB orthogonal.
Qed.

Lemma pythagoras x : W x -> ip x x = ip (P x) (P x) + ip (x - P x) (x - P x).
Proof.
move=> Wx; have := orthogonal Wx Wx; have : x = P x + (x - P x) by rewrite addrC subrK.
move: (P x) (x - P x) => y z {1 2}-> O.
by rewrite ipD [ip _ y]ipC [ip _ z]ipC !ipD [ip z y]ipC O addr0 add0r.
Qed.

Lemma kept x : W x -> ip x x <= ip (P x) (P x) -> P x = x.
Proof.
move=> Wx; rewrite pythagoras// -subr_ge0 opprD addrA subrr sub0r oppr_ge0 => le0.
by apply/esym/eqP; rewrite -subr_eq0; apply/eqP/ip_eq0/le_anti; rewrite le0 ip_ge0.
Qed.
End OneProjection.

Variables (P Q : V -> V) (k : nat).
Hypotheses (projP : projection P) (projQ : projection Q).
Definition T x := P (Q (P x)).
Hypothesis finite : forall x, W x -> iter (k + k) T x = iter k T x.
Hypothesis k0 : (0 < k)%N.

Lemma WT x : W x -> W (T x).
Proof. by have [_ _ SP _] := projP; have [_ _ SQ _] := projQ; rewrite /T; auto. Qed.
Lemma W_iter x j : W x -> W (iter j T x).
Proof. by move=> Wx; elim: j => //= j; apply: WT. Qed.
Lemma T_sub x y : T (x - y) = T x - T y.
Proof. by rewrite /T (linB projP) (linB projQ) (linB projP). Qed.
Lemma iter_sub j x y : iter j T (x - y) = iter j T x - iter j T y.
Proof. by elim: j => //= j ->; rewrite T_sub. Qed.

Lemma T_symmetric x y : W x -> W y -> ip (T x) y = ip x (T y).
Proof.
have [_ _ SP _] := projP; have [_ _ SQ _] := projQ => Wx Wy.
by rewrite /T (symmetric projP) ?(symmetric projQ) ?(symmetric projP); auto.
Qed.

Lemma T_contracts j x : ip (iter j T x) (iter j T x) <= ip x x.
Proof.
have [_ CP _ _] := projP; have [_ CQ _ _] := projQ; elim: j => //= j.
by apply: le_trans; apply: le_trans (CP _) _; apply: le_trans (CQ _) _; apply: CP.
Qed.

Lemma T_kernel j x : W x -> iter j.+1 T x = 0 -> T x = 0.
Proof.
move=> Wx; elim: j => // j IH E; apply: IH; have Wy := W_iter j Wx.
by apply: ip_eq0; rewrite [LHS]T_symmetric//; [rewrite [T _]E ip0|apply: WT].
Qed.

Lemma T_period x : W x -> iter k T (T x) = T x.
Proof.
move=> Wx; rewrite -iterSr iterS; apply/eqP; rewrite -subr_eq0 -T_sub; apply/eqP.
apply: (@T_kernel k.-1); first by apply: WB => //; apply: W_iter.
by rewrite prednK// iter_sub -iterD finite// subrr.
Qed.

Lemma Q_keeps x : W x -> Q (T x) = T x.
Proof.
move=> Wx; have [LP CP SP IP] := projP; have [LQ CQ SQ IQ] := projQ.
have Wz := WT Wx; apply: (kept projQ) => //; have Pz : P (T x) = T x by rewrite /T IP; auto.
have := T_period Wx; move: (T x) Pz => z Pz; rewrite -(prednK k0) iterSr => period.
have := T_contracts k.-1 (T z); rewrite period => /le_trans; apply.
by rewrite /T Pz; apply: CP.
Qed.

Lemma QP x : W x -> Q (P x) = T x.
Proof.
move=> Wx; have [LP CP SP IP] := projP; have [LQ CQ SQ IQ] := projQ.
have WPx := SP _ Wx; have WQPx := SQ _ WPx; have WTx := WT Wx.
have PT : P (T x) = T x by rewrite /T IP.
have one : ip (Q (P x)) (Q (P x)) = ip x (T x) by rewrite (symmetric projQ)// IQ// (symmetric projP).
have two : ip (Q (P x)) (T x) = ip x (T x) by rewrite (symmetric projQ)// Q_keeps// (symmetric projP)// PT.
have three : ip (T x) (Q (P x) - T x) = 0 by apply: (orthogonal projP).
apply/eqP; rewrite -subr_eq0; apply/eqP/ip_eq0; rewrite ipB ![ip (_ - _) _]ipC three subr0 ipB one two.
exact: subrr.
Qed.

Lemma PQ_kills d : W d -> P d = 0 -> P (Q d) = 0.
Proof.
move=> Wd Pd; have [LP CP SP IP] := projP; have [LQ CQ SQ IQ] := projQ.
have WQd := SQ _ Wd; have WPQd := SP _ WQd.
apply: ip_eq0; rewrite (symmetric projP)// IP// (symmetric projQ)// QP// /T -(symmetric projP) ?Pd; auto.
by rewrite ipC ip0.
Qed.

Lemma PQ_commute x : W x -> P (Q x) = Q (P x).
Proof.
move=> Wx; have [LP CP SP IP] := projP; rewrite QP// /T.
have PQ0 : P (Q (x - P x)) = 0 by apply: PQ_kills; rewrite ?(linB projP) ?IP ?subrr//; apply: WB => //; apply: SP.
by move: PQ0; rewrite (linB projQ) (linB projP) => /eqP; rewrite subr_eq0 => /eqP.
Qed.
End Geometry.

(* ---------------------------------------------------------------- the layer *)

Section Layer.
Variables (R : realFieldType) (V : lmodType R) (ip : V -> V -> R).
Hypothesis ipC : forall u v, ip u v = ip v u.
Hypothesis ipL : forall u c v w, ip u (c *: v + w) = c * ip u v + ip u w.
Hypothesis ip_gt0 : forall u, u != 0 -> 0 < ip u u.

Variables (S : Type) (A : S -> V -> V) (b : S -> V) (h0 : V).
Hypothesis A_linear : forall a, linear (A a).
Hypothesis A_contracts : forall a h, ip (A a h) (A a h) <= ip h h.
Definition run w := foldl (step A b) h0 w.

Variable reached : seq V.
Hypothesis finitely_many : forall w, run w \in reached.
Let k := (size reached)`!.

Lemma linear_part_contracts w h : ip (linear_part A w h) (linear_part A w h) <= ip h h.
Proof. by elim: w h => //= a w IH h; apply: le_trans (IH _) _. Qed.

Lemma run_power u w : run (w ++ power u (k + k)) = run (w ++ power u k).
Proof.
rewrite /run !foldl_cat !foldl_power; apply: repeats => i.
by rewrite -foldl_power -foldl_cat; apply: finitely_many.
Qed.

(* ---- words act on the span of some vectors, on which powers become idempotent *)
Section Span.
Variable generator : V -> Prop.
Hypothesis generator_stable : forall u v, generator v -> generator (linear_part A u v).
Hypothesis generator_power : forall u v, generator v -> linear_part A (power u (k + k)) v = linear_part A (power u k) v.

Inductive span : V -> Prop := Span0 : span 0 | SpanS c g v of generator g & span v : span (c *: g + v).

Lemma span_gen g : generator g -> span g.
Proof. by move=> Gg; rewrite -[g]scale1r -[_ *: g]addr0; apply: SpanS => //; apply: Span0. Qed.

Lemma spanL c u v : span u -> span v -> span (c *: u + v).
Proof.
move=> Su Sv; elim: {u} Su => [|d g u Gg _ IH]; first by rewrite scaler0 add0r.
by rewrite scalerDr -addrA scalerA; apply: SpanS.
Qed.

Let linP u := linear_part_linear A_linear u.

Lemma span_stable u v : span v -> span (linear_part A u v).
Proof.
elim=> {v} [|c g v Gg _ Sv]; first by rewrite (of_zero (@linP u)); apply: Span0.
by rewrite linP; apply: SpanS => //; apply: generator_stable.
Qed.

Lemma span_power u v : span v -> iter (k + k) (linear_part A u) v = iter k (linear_part A u) v.
Proof.
move=> Sv; rewrite -!(foldl_power (fun h a => A a h)) -!/(linear_part _ _ _).
by elim: Sv => {v} [|c g v Gg _ E]; rewrite ?(of_zero (@linP _))// !linP generator_power// E.
Qed.

Lemma span_projection u : projection ip span (linear_part A (power u k)).
Proof.
split; [exact: linP | exact: linear_part_contracts | by move=> x; apply: span_stable |].
by move=> x Sx; rewrite /linear_part !foldl_power -iterD span_power.
Qed.

Lemma span_T u v x : span x -> let T' := T (linear_part A (power u k)) (linear_part A (power v k)) in
  iter (k + k) T' x = iter k T' x.
Proof.
move=> Sx T'; have T_is y : T' y = linear_part A (power u k ++ power v k ++ power u k) y.
  by rewrite /T' /T /linear_part !foldl_cat.
by rewrite !(eq_iter T_is) span_power.
Qed.

Let k0 : (0 < k)%N := fact_gt0 _.

Lemma span_kills u v d : span d -> linear_part A (power u k) d = 0 ->
  linear_part A (power u k) (linear_part A (power v k) d) = 0.
Proof.
by move=> Sd; apply: (PQ_kills ipC ipL ip_gt0 spanL (span_projection u) (span_projection v) _ k0) => // x /span_T; apply.
Qed.

Lemma span_commute u v x : span x ->
  linear_part A (power u k) (linear_part A (power v k) x) = linear_part A (power v k) (linear_part A (power u k) x).
Proof.
by move=> Sx; apply: (PQ_commute ipC ipL ip_gt0 spanL (span_projection u) (span_projection v) _ k0) => // y /span_T; apply.
Qed.
End Span.

(* ---- the differences of states *)
Definition difference v := exists w w', v = run w - run w'.

Lemma run_sub w w' u : linear_part A u (run w - run w') = run (w ++ u) - run (w' ++ u).
Proof. by rewrite /run !foldl_cat (foldl_sub b A_linear). Qed.

Lemma difference_stable u v : difference v -> difference (linear_part A u v).
Proof. by case=> w [w' ->]; rewrite run_sub; exists (w ++ u), (w' ++ u). Qed.

Lemma difference_power u v : difference v -> linear_part A (power u (k + k)) v = linear_part A (power u k) v.
Proof. by case=> w [w' ->]; rewrite !run_sub !run_power. Qed.

Lemma same_state u v w : run (w ++ power u k ++ power v k ++ power u k) = run (w ++ power v k ++ power u k).
Proof.
have twice w' : run ((w' ++ power u k) ++ power u k) = run (w' ++ power u k).
  rewrite -catA -run_power; congr (run (_ ++ _)).
  by rewrite /power nseqD flatten_cat.
have := span_kills difference_stable difference_power (u := u) v (d := run (w ++ power u k) - run w).
rewrite !run_sub twice subrr -!catA => kills; apply/eqP; rewrite -subr_eq0; apply/eqP/kills => //.
by apply: span_gen; exists (w ++ power u k), w.
Qed.

(* ---- the states themselves, where nothing is written *)
Lemma same_state_without_writes : (forall a, b a = 0) -> forall u v w, run (w ++ power u k ++ power v k) = run (w ++ power v k ++ power u k).
Proof.
move=> b0; have run_lin w u : run (w ++ u) = linear_part A u (run w).
  by rewrite /run foldl_cat; elim: u (foldl _ h0 w) => //= a u IH h; rewrite IH /step b0 addr0.
move=> u v w; pose state x := exists w, x = run w.
have state_stable t x : state x -> state (linear_part A t x) by case=> w' ->; exists (w' ++ t); rewrite run_lin.
have state_power t x : state x -> linear_part A (power t (k + k)) x = linear_part A (power t k) x.
  by case=> w' ->; rewrite -!run_lin run_power.
rewrite !catA !run_lin; apply: (span_commute state_stable state_power); apply: span_gen.
by exists w.
Qed.

(* ---- the machine *)
Variables (Q O : Type) (delta : Q -> S -> Q) (q0 : Q) (answer : Q -> O).

Definition idempotent u := forall w, foldl delta q0 (w ++ u ++ u) = foldl delta q0 (w ++ u).

Lemma idempotent_power u w j : idempotent u -> foldl delta q0 (w ++ power u j.+1) = foldl delta q0 (w ++ u).
Proof.
move=> Iu; elim: j w => [|j IH] w; first by rewrite /power /= cats0.
by rewrite -[power u j.+2]/(u ++ power u j.+1) catA IH -catA Iu.
Qed.

Lemma idempotent_k u t z : idempotent u -> foldl delta q0 (t ++ power u k ++ z) = foldl delta q0 (t ++ u ++ z).
Proof.
move=> Iu; have E := @idempotent_power u t k.-1 Iu; rewrite prednK ?fact_gt0// in E.
by rewrite !catA foldl_cat E -foldl_cat.
Qed.

Theorem obstruction (dec : V -> S -> O) u v :
  (forall w a, dec (run (rcons w a)) a = answer (foldl delta q0 (rcons w a))) -> idempotent u -> idempotent v ->
  forall w z, answer (foldl delta q0 (w ++ u ++ v ++ u ++ z)) = answer (foldl delta q0 (w ++ v ++ u ++ z)).
Proof.
move=> answers Iu Iv w z; case/lastP: u Iu => [//|u a] Iu; set ua := rcons u a.
have k1 : k = k.-1.+1 by rewrite prednK// fact_gt0.
have [p [c ends]] : exists p c, power ua k ++ z = rcons p c.
  case/lastP: z => [|z c]; last by exists (power ua k ++ z), c; rewrite rcons_cat.
  exists (power ua k.-1 ++ u), a.
  by rewrite rcons_cat {1}k1 /power -addn1 nseqD flatten_cat /= !cats0.
have last t : dec (run (t ++ power ua k ++ z)) c = answer (foldl delta q0 (t ++ power ua k ++ z)).
  by rewrite ends -rcons_cat.
have same : run ((w ++ power ua k ++ power v k) ++ power ua k ++ z) = run ((w ++ power v k) ++ power ua k ++ z).
  have := same_state ua v w; rewrite /run !catA => E.
  by rewrite foldl_cat E -foldl_cat.
have := last (w ++ power ua k ++ power v k); rewrite same last -!catA !idempotent_k// [w ++ ua ++ _]catA idempotent_k// !catA.
by rewrite -[_ ++ z in LHS]catA -[((_ ++ v) ++ power _ _) ++ z]catA !idempotent_k// !catA => ->.
Qed.

Theorem without_writes (dec : V -> O) u v : (forall a, b a = 0) ->
  (forall w, dec (run w) = answer (foldl delta q0 w)) -> idempotent u -> idempotent v ->
  forall w z, answer (foldl delta q0 (w ++ u ++ v ++ z)) = answer (foldl delta q0 (w ++ v ++ u ++ z)).
Proof.
move=> b0 answers Iu Iv w z; have := answers (w ++ power u k ++ power v k ++ z).
have -> : run (w ++ power u k ++ power v k ++ z) = run (w ++ power v k ++ power u k ++ z).
  have := same_state_without_writes b0 u v w; rewrite !catA /run => E.
  by rewrite [LHS]foldl_cat E -foldl_cat.
rewrite answers !idempotent_k// [w ++ u ++ _]catA [w ++ v ++ power u k ++ z]catA !idempotent_k// -!catA.
exact: esym.
Qed.
End Layer.

Section Matrices.
Variables (R : realFieldType) (n d : nat).
Implicit Types H G : 'M[R]_(n, d).
Definition frobenius H G := \sum_j dot (col j H) (col j G).

Lemma frobeniusC H G : frobenius H G = frobenius G H.
Proof. by apply: eq_bigr => j _; rewrite dotC. Qed.

Lemma frobeniusL H c G F : frobenius H (c *: G + F) = c * frobenius H G + frobenius H F.
Proof.
rewrite /frobenius mulr_sumr -big_split; apply: eq_bigr => j _ /=.
by rewrite linearD linearZ /= dotD dotZ.
Qed.

Lemma frobenius_gt0 H : H != 0 -> 0 < frobenius H H.
Proof.
move=> H0; have ge0 j : true -> 0 <= dot (col j H) (col j H) by rewrite nsq_ge0.
rewrite lt_def sumr_ge0// andbT; apply: contra_neq H0 => /eqP; rewrite psumr_eq0// => /allP zero.
apply/matrixP => i j; have := zero j (mem_index_enum _); rewrite -/(nsq _) nsq_eq0 => /eqP/matrixP/(_ i 0).
by rewrite !mxE.
Qed.

Variables (S : Type) (A : S -> 'M[R]_n) (B : S -> 'M[R]_(n, d)) (H0 : 'M[R]_(n, d)).
Hypothesis contractive : forall a (z : 'cV[R]_n), nsq (A a *m z) <= nsq z.
Definition matrix_run w := foldl (fun H a => A a *m H + B a) H0 w.

Lemma matrix_linear a : linear (fun H => A a *m H).
Proof. by move=> c H G; rewrite linearP. Qed.

Lemma matrix_contracts a H : frobenius (A a *m H) (A a *m H) <= frobenius H H.
Proof.
apply: ler_sum => j _; suff -> : col j (A a *m H) = A a *m col j H by apply: contractive.
by rewrite !colE mulmxA.
Qed.

Variables (reached : seq 'M[R]_(n, d)) (Q O : Type) (delta : Q -> S -> Q) (q0 : Q) (answer : Q -> O).
Hypothesis finitely_many : forall w, matrix_run w \in reached.

Theorem matrix_layer_obstruction dec u v :
  (forall w a, dec (matrix_run (rcons w a)) a = answer (foldl delta q0 (rcons w a))) ->
  idempotent delta q0 u -> idempotent delta q0 v ->
  forall w z, answer (foldl delta q0 (w ++ u ++ v ++ u ++ z)) = answer (foldl delta q0 (w ++ v ++ u ++ z)).
Proof. exact: (obstruction frobeniusC frobeniusL frobenius_gt0 matrix_linear matrix_contracts finitely_many). Qed.

Theorem matrix_layer_without_writes dec u v : (forall a, B a = 0) ->
  (forall w, dec (matrix_run w) = answer (foldl delta q0 w)) ->
  idempotent delta q0 u -> idempotent delta q0 v ->
  forall w z, answer (foldl delta q0 (w ++ u ++ v ++ z)) = answer (foldl delta q0 (w ++ v ++ u ++ z)).
Proof. exact: (without_writes frobeniusC frobeniusL frobenius_gt0 matrix_linear matrix_contracts finitely_many). Qed.
End Matrices.

(* a*b*, with false for a and true for b: 0 before the first b, 1 after it, 2 after an a after a b *)
Definition a_star_b_star (q : nat) (b : bool) : nat := match q, b with 0, _ => b | 1, true => 1 | _, _ => 2 end.
Theorem no_layer_for_a_star_b_star (R : realFieldType) n d
    (A : bool -> 'M[R]_n) (B : bool -> 'M[R]_(n, d)) H0 (reached : seq 'M[R]_(n, d)) dec :
  (forall a (z : 'cV[R]_n), nsq (A a *m z) <= nsq z) -> (forall w, matrix_run A B H0 w \in reached) ->
  ~ (forall w a, dec (matrix_run A B H0 (rcons w a)) a = (foldl a_star_b_star 0%N (rcons w a) != 2%N)).
Proof.
move=> contractive fin accepts.
have idem b : idempotent a_star_b_star 0%N [:: b].
  by move=> w; rewrite !foldl_cat /=; case: (foldl _ _ w) b => [|[|q]] [].
by have := matrix_layer_obstruction (answer := fun q => q != 2%N) contractive fin accepts (idem true) (idem false) [::] [::].
Qed.
