#pragma once

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace gliner {

/// The lanes of a warp for cuda::AttentionWarp on the host: a value is an array of 32, and the instructions
/// are what the PTX ISA says of them (mma.m16n8k16, ldmatrix, shfl). Shared memory and tables are float32
/// arrays of numbers that `Element` can hold; a byte address is twice the index.
template <class Element>
struct HostWarp {
  static constexpr int kLanes = 32;
  template <class T>
  using Lanes = std::array<T, kLanes>;

  struct Float {
    Lanes<float> v;
    friend Float operator+(const Float& a, const Float& b) {
      return each([&](std::size_t l) { return a.v[l] + b.v[l]; });
    }
    friend Float operator-(const Float& a, const Float& b) {
      return each([&](std::size_t l) { return a.v[l] - b.v[l]; });
    }
    friend Float operator*(const Float& a, const Float& b) {
      return each([&](std::size_t l) { return a.v[l] * b.v[l]; });
    }
  };
  struct Pair {
    Lanes<std::array<float, 2>> v;
  };
  using Int = Lanes<int>;
  using Bool = Lanes<bool>;

  struct Memory {
    const std::vector<float>* rows;
  };
  struct Groups {
    const float* first;  // As CardTables has them, of one head.
  };
  struct Queries {
    const float* first;
    std::int64_t stride;
    int rows;
  };

  template <class F>
  static Float each(F f) {
    Float result;
    for (std::size_t l = 0; l < kLanes; ++l) result.v[l] = f(l);
    return result;
  }
  static float rounded(float x) { return static_cast<float>(static_cast<Element>(x)); }

  static Int lane() {
    Int lanes;
    for (int l = 0; l < kLanes; ++l) lanes[static_cast<std::size_t>(l)] = l;
    return lanes;
  }
  template <class F>
  static Int map(const Int& lane, F f) {
    Int result;
    for (std::size_t l = 0; l < kLanes; ++l) result[l] = f(lane[l]);
    return result;
  }
  template <class F>
  static Bool test(const Int& lane, F f) {
    Bool result;
    for (std::size_t l = 0; l < kLanes; ++l) result[l] = f(lane[l]);
    return result;
  }
  static Float splat(float x) {
    return each([x](std::size_t) { return x; });
  }
  static Pair zero_pair() { return Pair{}; }
  static Float select(const Bool& which, const Float& yes, const Float& no) {
    return each([&](std::size_t l) { return which[l] ? yes.v[l] : no.v[l]; });
  }
  static Float maximum(const Float& a, const Float& b) {
    return each([&](std::size_t l) { return std::fmax(a.v[l], b.v[l]); });
  }
  static Bool less(const Float& a, const Float& b) {
    Bool result;
    for (std::size_t l = 0; l < kLanes; ++l) result[l] = a.v[l] < b.v[l];
    return result;
  }
  static Float reciprocal(const Float& x) {
    return each([&](std::size_t l) { return 1.0F / x.v[l]; });
  }
  static Float multiply_subtract(const Float& a, const Float& b, const Float& c) {
    return each([&](std::size_t l) { return std::fma(a.v[l], b.v[l], -c.v[l]); });
  }
  static Float exp2(const Float& x) {
    return each([&](std::size_t l) { return std::exp2(x.v[l]); });
  }
  static Float shuffle(const Float& x, const Int& source) {
    return each([&](std::size_t l) { return x.v[static_cast<std::size_t>(source[l])]; });
  }
  static Float shuffle_xor(const Float& x, int mask) {
    return each([&](std::size_t l) { return x.v[l ^ static_cast<std::size_t>(mask)]; });
  }
  static Pair pack(const Float& low, const Float& high) {
    Pair result;
    for (std::size_t l = 0; l < kLanes; ++l) result.v[l] = {rounded(low.v[l]), rounded(high.v[l])};
    return result;
  }
  static Pair add_pairs(const Pair& a, const Pair& b) {
    Pair result;
    for (std::size_t l = 0; l < kLanes; ++l)
      for (std::size_t e = 0; e < 2; ++e) result.v[l][e] = rounded(a.v[l][e] + b.v[l][e]);
    return result;
  }

  // PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point type".
  static void mma(Float (&c)[4], const Pair (&a)[4], const Pair (&b)[2]) {
    float left[16][16], right[16][8];
    for (std::size_t l = 0; l < kLanes; ++l) {
      const std::size_t g = l / 4, t = l % 4;
      for (std::size_t r = 0; r < 4; ++r)
        for (std::size_t e = 0; e < 2; ++e) left[g + 8 * (r % 2)][2 * t + e + 8 * (r / 2)] = a[r].v[l][e];
      for (std::size_t r = 0; r < 2; ++r)
        for (std::size_t e = 0; e < 2; ++e) right[2 * t + e + 8 * r][g] = b[r].v[l][e];
    }
    for (std::size_t l = 0; l < kLanes; ++l)
      for (std::size_t r = 0; r < 4; ++r) {
        const std::size_t row = l / 4 + 8 * (r / 2), column = 2 * (l % 4) + r % 2;
        for (std::size_t k = 0; k < 16; ++k) c[r].v[l] += left[row][k] * right[k][column];
      }
  }

  // PTX ISA, ldmatrix.m8n8.x4: lanes 8 i to 8 i + 7 give the rows of matrix i.
  static void read_matrices(const Memory& memory, const Int& byte, Pair (&r)[4]) {
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t l = 0; l < kLanes; ++l)
        for (std::size_t e = 0; e < 2; ++e) r[i].v[l][e] = at(memory, byte[8 * i + l / 4], 2 * (l % 4) + e);
  }
  static void read_transposed(const Memory& memory, const Int& byte, Pair (&r)[4]) {
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t l = 0; l < kLanes; ++l)
        for (std::size_t e = 0; e < 2; ++e) r[i].v[l][e] = at(memory, byte[8 * i + 2 * (l % 4) + e], l / 4);
  }

  // Like the card: 16 bytes, four registers, for each lane and every two steps.
  template <std::size_t kSteps>
  static void load_group(const Groups& groups, int stored, Pair (&group)[kSteps][2]) {
    const float* from = groups.first + static_cast<std::size_t>(stored) * kSteps / 2 * kLanes * 8;
    for (std::size_t k = 0; k < kSteps; ++k)
      for (std::size_t r = 0; r < 2; ++r)
        for (std::size_t l = 0; l < kLanes; ++l)
          for (std::size_t e = 0; e < 2; ++e)
            group[k][r].v[l][e] = from[(k / 2 * kLanes + l) * 8 + (k % 2 * 2 + r) * 2 + e];
  }
  template <std::size_t kSteps>
  static void load_queries(const Queries& queries, Pair (&query)[kSteps][4]) {
    for (std::size_t k = 0; k < kSteps; ++k)
      for (std::size_t a = 0; a < 4; ++a)
        for (std::size_t l = 0; l < kLanes; ++l)
          for (std::size_t e = 0; e < 2; ++e) {
            const std::size_t row = l / 4 + 8 * (a % 2);
            const std::size_t column = 16 * k + 8 * (a / 2) + 2 * (l % 4) + e;
            query[k][a].v[l][e] = static_cast<int>(row) < queries.rows
                                      ? queries.first[static_cast<std::int64_t>(row) * queries.stride +
                                                      static_cast<std::int64_t>(column)]
                                      : 0.0F;
          }
  }

 private:
  static float at(const Memory& memory, int byte, std::size_t element) {
    return (*memory.rows)[static_cast<std::size_t>(byte) / 2 + element];
  }
};

}  // namespace gliner
