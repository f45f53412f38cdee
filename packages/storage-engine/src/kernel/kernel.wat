;; Measures many vectors of one memory against one query, 16 floats at a time, in 128-bit SIMD.
;;
;; `list` holds `count` row numbers (u32), and `out` takes their measures (f32). Row r starts at byte r * width, where
;; `width` is the bytes of one vector; the query starts at byte `query`. Nothing need be aligned. Sums are kept in 32
;; bits: the caller knows how far off they can be.
;;
;; Rows may have codes beside them: 8 bits for each number, from -127 to 127, and zeros up to a whole number of 16.
(module
  (import "slab" "memory" (memory 1))

  ;; The sum of the products of each row and the query.
  (func (export "dot") (param $query i32) (param $width i32) (param $list i32) (param $count i32)
    (param $out i32)
    (local $listEnd i32) (local $row i32) (local $at i32) (local $end16 i32) (local $end4 i32) (local $end i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $sum f32)

    (local.set $listEnd (i32.add (local.get $list) (i32.shl (local.get $count) (i32.const 2))))
    ;; Where the steps of 16 floats, of 4 and of 1 end in the query.
    (local.set $end16 (i32.add (local.get $query) (i32.and (local.get $width) (i32.const -64))))
    (local.set $end4 (i32.add (local.get $query) (i32.and (local.get $width) (i32.const -16))))
    (local.set $end (i32.add (local.get $query) (local.get $width)))

    (block $listDone
      (loop $rows
        (br_if $listDone (i32.ge_u (local.get $list) (local.get $listEnd)))
        (local.set $row (i32.mul (i32.load (local.get $list)) (local.get $width)))
        (local.set $at (local.get $query))
        (local.set $a (v128.const f32x4 0 0 0 0))
        (local.set $b (v128.const f32x4 0 0 0 0))
        (local.set $c (v128.const f32x4 0 0 0 0))
        (local.set $d (v128.const f32x4 0 0 0 0))

        ;; Four sums that do not wait for each other.
        (block $done16
          (loop $by16
            (br_if $done16 (i32.ge_u (local.get $at) (local.get $end16)))
            (local.set $a (f32x4.add (local.get $a) (f32x4.mul
              (v128.load (local.get $row)) (v128.load (local.get $at)))))
            (local.set $b (f32x4.add (local.get $b) (f32x4.mul
              (v128.load offset=16 (local.get $row)) (v128.load offset=16 (local.get $at)))))
            (local.set $c (f32x4.add (local.get $c) (f32x4.mul
              (v128.load offset=32 (local.get $row)) (v128.load offset=32 (local.get $at)))))
            (local.set $d (f32x4.add (local.get $d) (f32x4.mul
              (v128.load offset=48 (local.get $row)) (v128.load offset=48 (local.get $at)))))
            (local.set $row (i32.add (local.get $row) (i32.const 64)))
            (local.set $at (i32.add (local.get $at) (i32.const 64)))
            (br $by16)))

        (block $done4
          (loop $by4
            (br_if $done4 (i32.ge_u (local.get $at) (local.get $end4)))
            (local.set $a (f32x4.add (local.get $a) (f32x4.mul
              (v128.load (local.get $row)) (v128.load (local.get $at)))))
            (local.set $row (i32.add (local.get $row) (i32.const 16)))
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (br $by4)))

        (local.set $a (f32x4.add
          (f32x4.add (local.get $a) (local.get $b)) (f32x4.add (local.get $c) (local.get $d))))
        (local.set $sum (f32.add
          (f32.add (f32x4.extract_lane 0 (local.get $a)) (f32x4.extract_lane 1 (local.get $a)))
          (f32.add (f32x4.extract_lane 2 (local.get $a)) (f32x4.extract_lane 3 (local.get $a)))))

        (block $done1
          (loop $by1
            (br_if $done1 (i32.ge_u (local.get $at) (local.get $end)))
            (local.set $sum (f32.add (local.get $sum) (f32.mul
              (f32.load (local.get $row)) (f32.load (local.get $at)))))
            (local.set $row (i32.add (local.get $row) (i32.const 4)))
            (local.set $at (i32.add (local.get $at) (i32.const 4)))
            (br $by1)))

        (f32.store (local.get $out) (local.get $sum))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (local.set $list (i32.add (local.get $list) (i32.const 4)))
        (br $rows))))

  ;; The sum of the squared differences of each row and the query.
  (func (export "squaredDistance") (param $query i32) (param $width i32) (param $list i32) (param $count i32)
    (param $out i32)
    (local $listEnd i32) (local $row i32) (local $at i32) (local $end16 i32) (local $end4 i32) (local $end i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128) (local $sum f32) (local $difference f32)

    (local.set $listEnd (i32.add (local.get $list) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $end16 (i32.add (local.get $query) (i32.and (local.get $width) (i32.const -64))))
    (local.set $end4 (i32.add (local.get $query) (i32.and (local.get $width) (i32.const -16))))
    (local.set $end (i32.add (local.get $query) (local.get $width)))

    (block $listDone
      (loop $rows
        (br_if $listDone (i32.ge_u (local.get $list) (local.get $listEnd)))
        (local.set $row (i32.mul (i32.load (local.get $list)) (local.get $width)))
        (local.set $at (local.get $query))
        (local.set $a (v128.const f32x4 0 0 0 0))
        (local.set $b (v128.const f32x4 0 0 0 0))
        (local.set $c (v128.const f32x4 0 0 0 0))
        (local.set $d (v128.const f32x4 0 0 0 0))

        (block $done16
          (loop $by16
            (br_if $done16 (i32.ge_u (local.get $at) (local.get $end16)))
            (local.set $e (f32x4.sub (v128.load (local.get $row)) (v128.load (local.get $at))))
            (local.set $f (f32x4.sub
              (v128.load offset=16 (local.get $row)) (v128.load offset=16 (local.get $at))))
            (local.set $g (f32x4.sub
              (v128.load offset=32 (local.get $row)) (v128.load offset=32 (local.get $at))))
            (local.set $h (f32x4.sub
              (v128.load offset=48 (local.get $row)) (v128.load offset=48 (local.get $at))))
            (local.set $a (f32x4.add (local.get $a) (f32x4.mul (local.get $e) (local.get $e))))
            (local.set $b (f32x4.add (local.get $b) (f32x4.mul (local.get $f) (local.get $f))))
            (local.set $c (f32x4.add (local.get $c) (f32x4.mul (local.get $g) (local.get $g))))
            (local.set $d (f32x4.add (local.get $d) (f32x4.mul (local.get $h) (local.get $h))))
            (local.set $row (i32.add (local.get $row) (i32.const 64)))
            (local.set $at (i32.add (local.get $at) (i32.const 64)))
            (br $by16)))

        (block $done4
          (loop $by4
            (br_if $done4 (i32.ge_u (local.get $at) (local.get $end4)))
            (local.set $e (f32x4.sub (v128.load (local.get $row)) (v128.load (local.get $at))))
            (local.set $a (f32x4.add (local.get $a) (f32x4.mul (local.get $e) (local.get $e))))
            (local.set $row (i32.add (local.get $row) (i32.const 16)))
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (br $by4)))

        (local.set $a (f32x4.add
          (f32x4.add (local.get $a) (local.get $b)) (f32x4.add (local.get $c) (local.get $d))))
        (local.set $sum (f32.add
          (f32.add (f32x4.extract_lane 0 (local.get $a)) (f32x4.extract_lane 1 (local.get $a)))
          (f32.add (f32x4.extract_lane 2 (local.get $a)) (f32x4.extract_lane 3 (local.get $a)))))

        (block $done1
          (loop $by1
            (br_if $done1 (i32.ge_u (local.get $at) (local.get $end)))
            (local.set $difference (f32.sub (f32.load (local.get $row)) (f32.load (local.get $at))))
            (local.set $sum (f32.add (local.get $sum)
              (f32.mul (local.get $difference) (local.get $difference))))
            (local.set $row (i32.add (local.get $row) (i32.const 4)))
            (local.set $at (i32.add (local.get $at) (i32.const 4)))
            (br $by1)))

        (f32.store (local.get $out) (local.get $sum))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (local.set $list (i32.add (local.get $list) (i32.const 4)))
        (br $rows))))

  ;; The sum of the products of the codes of each row and those of the query, of 16 bits. Row r starts at byte
  ;; codes + r * width. The caller sees to it that no sum leaves 32 bits.
  (func (export "dotOfCodes") (param $query i32) (param $codes i32) (param $width i32) (param $list i32)
    (param $count i32) (param $out i32)
    (local $listEnd i32) (local $row i32) (local $at i32) (local $end i32) (local $a v128) (local $b v128)

    (local.set $listEnd (i32.add (local.get $list) (i32.shl (local.get $count) (i32.const 2))))
    (block $listDone
      (loop $rows
        (br_if $listDone (i32.ge_u (local.get $list) (local.get $listEnd)))
        (local.set $row (i32.add (local.get $codes)
          (i32.mul (i32.load (local.get $list)) (local.get $width))))
        (local.set $end (i32.add (local.get $row) (local.get $width)))
        (local.set $at (local.get $query))
        (local.set $a (v128.const i32x4 0 0 0 0))
        (local.set $b (v128.const i32x4 0 0 0 0))

        (loop $by16
          (local.set $a (i32x4.add (local.get $a) (i32x4.dot_i16x8_s
            (v128.load8x8_s (local.get $row)) (v128.load (local.get $at)))))
          (local.set $b (i32x4.add (local.get $b) (i32x4.dot_i16x8_s
            (v128.load8x8_s offset=8 (local.get $row)) (v128.load offset=16 (local.get $at)))))
          (local.set $row (i32.add (local.get $row) (i32.const 16)))
          (local.set $at (i32.add (local.get $at) (i32.const 32)))
          (br_if $by16 (i32.lt_u (local.get $row) (local.get $end))))

        (local.set $a (i32x4.add (local.get $a) (local.get $b)))
        (f32.store (local.get $out) (f32.convert_i32_s (i32.add
          (i32.add (i32x4.extract_lane 0 (local.get $a)) (i32x4.extract_lane 1 (local.get $a)))
          (i32.add (i32x4.extract_lane 2 (local.get $a)) (i32x4.extract_lane 3 (local.get $a))))))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (local.set $list (i32.add (local.get $list) (i32.const 4)))
        (br $rows))))

  ;; Writes the codes of the vector from byte `vector` to byte `end`, padded with zeros to a whole number of 16 floats.
  ;; `out` takes by what a float is multiplied to give its code (f32), then the sum of the squares of what rounding the
  ;; products to codes took from them (f32).
  (func (export "encode") (param $vector i32) (param $end i32) (param $codes i32) (param $out i32)
    (local $at i32) (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $sum v128)
    (local $perUnit v128)

    (local.set $at (local.get $vector))
    (loop $by4
      (local.set $a (f32x4.max (local.get $a) (f32x4.abs (v128.load (local.get $at)))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $by4 (i32.lt_u (local.get $at) (local.get $end))))
    (f32.store (local.get $out) (f32.div (f32.const 127) (f32.max
      (f32.max (f32x4.extract_lane 0 (local.get $a)) (f32x4.extract_lane 1 (local.get $a)))
      (f32.max (f32x4.extract_lane 2 (local.get $a)) (f32x4.extract_lane 3 (local.get $a))))))
    (local.set $perUnit (v128.load32_splat (local.get $out)))

    (local.set $at (local.get $vector))
    (loop $by16
      (local.set $a (f32x4.mul (v128.load (local.get $at)) (local.get $perUnit)))
      (local.set $b (f32x4.mul (v128.load offset=16 (local.get $at)) (local.get $perUnit)))
      (local.set $c (f32x4.mul (v128.load offset=32 (local.get $at)) (local.get $perUnit)))
      (local.set $d (f32x4.mul (v128.load offset=48 (local.get $at)) (local.get $perUnit)))
      (v128.store (local.get $codes) (i8x16.narrow_i16x8_s
        (i16x8.narrow_i32x4_s
          (i32x4.trunc_sat_f32x4_s (f32x4.nearest (local.get $a)))
          (i32x4.trunc_sat_f32x4_s (f32x4.nearest (local.get $b))))
        (i16x8.narrow_i32x4_s
          (i32x4.trunc_sat_f32x4_s (f32x4.nearest (local.get $c)))
          (i32x4.trunc_sat_f32x4_s (f32x4.nearest (local.get $d))))))
      (local.set $a (f32x4.sub (local.get $a) (f32x4.nearest (local.get $a))))
      (local.set $b (f32x4.sub (local.get $b) (f32x4.nearest (local.get $b))))
      (local.set $c (f32x4.sub (local.get $c) (f32x4.nearest (local.get $c))))
      (local.set $d (f32x4.sub (local.get $d) (f32x4.nearest (local.get $d))))
      (local.set $sum (f32x4.add (local.get $sum) (f32x4.add
        (f32x4.add
          (f32x4.mul (local.get $a) (local.get $a)) (f32x4.mul (local.get $b) (local.get $b)))
        (f32x4.add
          (f32x4.mul (local.get $c) (local.get $c)) (f32x4.mul (local.get $d) (local.get $d))))))
      (local.set $codes (i32.add (local.get $codes) (i32.const 16)))
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (br_if $by16 (i32.lt_u (local.get $at) (local.get $end))))
    (f32.store offset=4 (local.get $out) (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $sum)) (f32x4.extract_lane 1 (local.get $sum)))
      (f32.add (f32x4.extract_lane 2 (local.get $sum)) (f32x4.extract_lane 3 (local.get $sum)))))))
