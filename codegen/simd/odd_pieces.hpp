#pragma once

#include "basic.hpp"

/// Odd functions in 32 pieces, for instruction sets that look coefficients up in registers.
namespace etch::simd::detail {

/// With k the nearest integer to |x| / step and t = |x| - k step: the sum over d of c[d][k] t^d,
/// and t more. From `limit` on it is constant.
struct odd_pieces {
  float step, limit;
  alignas(64) float c[5][32];
};

/// With k the nearest integer to |x| 2^Bits, at most 31, and t what |x| is beyond the nearest
/// multiple of 2^-Bits, the sum over d of c[d][k] t^d.
template <int Bits>
struct binary_pieces {
  alignas(64) float c[5][32];
};

/// Pieces which double their width three times, in the bits of u = scale min(limit, |x|) + offset,
/// 2 < u < 32: they begin where all but the exponent and three bits are 0. With t the rest of u, it
/// is c[0] + c[1] |x| + c[2] t^2 + c[3] t^3 + c[4] t^4. The rounding of u counts in t alone.
struct widening_pieces {
  float scale, offset, limit;
  alignas(64) float c[5][32];
};

template <class Arch>
concept looks_up = requires(float const* table, vec<Arch> index) {
  instructions<Arch>::look_up(table, index);
};

/// first + c[2] t^2 + c[3] t^3 + c[4] t^4 of piece k, with the sign of x: few steps that wait for
/// each other.
template <vector V>
[[gnu::always_inline]] inline V odd_sum(V x, float const (&c)[5][32], V k, V t, V first) noexcept {
  using set = instructions<arch_of<V>>;
  V const low = simd::fma(set::look_up(c[3], k), t, set::look_up(c[2], k));
  V const tail = simd::fma(set::look_up(c[4], k), t * t, low);
  return simd::fma(tail, t * t, first) | sign_of(x);
}

/// The function of `Pieces` at x; a NaN stays one.
template <auto const& Pieces, vector V>
[[gnu::always_inline]] inline V evaluate(odd_pieces const&, V x) noexcept {
  constexpr float limit = Pieces.limit, step = Pieces.step;
  V const magnitude = simd::min(V(limit), simd::abs(x));
  V const shift(12582912.0F);  // 1.5 * 2^23: the sum's low bits are k
  V const shifted = simd::fma(magnitude, V(1 / step), shift);
  V const t = simd::fnma(shifted - shift, V(step), magnitude);
  auto const coefficient = [&](int d) __attribute__((always_inline)) {
    return instructions<arch_of<V>>::look_up(Pieces.c[d], shifted);
  };
  V y = coefficient(4);
#pragma GCC unroll 8
  for (int d = 3; d > 0; --d) y = simd::fma(y, t, coefficient(d));
  return simd::fma(y, t, coefficient(0) + t) | detail::sign_of(x);
}
template <auto const& Pieces, int Bits, vector V>
[[gnu::always_inline]] inline V evaluate(binary_pieces<Bits> const&, V x) noexcept {
  using set = instructions<arch_of<V>>;
  constexpr float shift = 12582912.0F;  // as above
  V const magnitude = simd::abs(x);
  V const k = set::min_bits(simd::fma(magnitude, V(float{1 << Bits}), V(shift)), V(shift + 31));
  V const t = set::template beyond_multiple<Bits>(magnitude);
  V const start = set::look_up(Pieces.c[0], k), linear = set::look_up(Pieces.c[1], k);
  return odd_sum(x, Pieces.c, k, t, simd::fma(linear, t, start));
}
template <auto const& Pieces, vector V>
[[gnu::always_inline]] inline V evaluate(widening_pieces const&, V x) noexcept {
  using set = instructions<arch_of<V>>;
  constexpr float scale = Pieces.scale, offset = Pieces.offset, limit = Pieces.limit;
  V const magnitude = simd::min(V(limit), simd::abs(x));
  V const u = simd::fma(magnitude, V(scale), V(offset));
  V const k = set::template shift_right<20>(u);
  V const t = u - (u & bits<V>(0xfff00000U));
  V const start = set::look_up(Pieces.c[0], k), linear = set::look_up(Pieces.c[1], k);
  return odd_sum(x, Pieces.c, k, t, simd::fma(linear, magnitude, start));
}
template <auto const& Pieces, vector V>
  requires looks_up<arch_of<V>>
[[gnu::always_inline]] inline V evaluate(V x) noexcept {
  return evaluate<Pieces>(Pieces, x);
}

// Minimax in each piece, coefficient after coefficient rounded and the others fitted again.

/// tanh, relative error 2.8e-8 up to 8.45; 1 from there on.
alignas(64) inline constexpr widening_pieces tanh_pieces{3.964497F, 2.5F, 9.0F, {
    {0.99998915F, 1.0F, 0, 0.00016665112F, 0.0013205418F, 0.0043871934F, 0.010174827F,
     0.019329842F, 0.032307405F, 0.0705301F, 0.12453686F, 0.19153856F, 0.2673307F, 0.3473491F,
     0.42745912F, 0.5044001F, 0.57590383F, 0.69802094F, 0.79101497F, 0.8583175F, 0.90538406F,
     0.93752664F, 0.95910823F, 0.973419F, 0.982826F, 0.99292034F, 0.9971221F, 0.99884284F,
     0.9995388F, 0.9998175F, 0.99992824F, 0.9999719F},
    {1.3690884e-06F, 0, 1.0F, 0.99603385F, 0.9842609F, 0.9650481F, 0.93898F, 0.90682256F,
     0.8694761F, 0.7831887F, 0.6881198F, 0.59150326F, 0.49896756F, 0.41427055F, 0.33944005F,
     0.27513045F, 0.22105645F, 0.13990955F, 0.08696213F, 0.05344675F, 0.03262135F, 0.01982634F,
     0.012018946F, 0.00727466F, 0.0043967906F, 0.0016053064F, 0.00058559014F, 0.0002135436F,
     7.7864126e-05F, 2.8390159e-05F, 1.0351173e-05F, 3.7740317e-06F},
    {-1.6293153e-07F, 0, 3.885116e-07F, -0.0039896253F, -0.007855159F, -0.011478245F,
     -0.014756511F, -0.01761112F, -0.019985871F, -0.023206808F, -0.02445483F, -0.024059845F,
     -0.022475827F, -0.020173337F, -0.017555807F, -0.014905241F, -0.012415558F, -0.008252932F,
     -0.005283084F, -0.0033053877F, -0.0020392782F, -0.0012474528F, -0.00075920485F,
     -0.00046062242F, -0.00027686125F, -0.000101216836F, -3.6938396e-05F, -1.3679712e-05F,
     -4.9130285e-06F, -1.5497338e-06F, -5.836103e-07F, -1.5810868e-07F},
    {5.9185044e-08F, 0, -0.005358953F, -0.0052807936F, -0.005031029F, -0.0046321102F,
     -0.004114738F, -0.003500694F, -0.0028308027F, -0.0014409834F, -0.00020740647F,
     0.00074958795F, 0.0013705314F, 0.0016910246F, 0.001799446F, 0.0017376377F, 0.0015891674F,
     0.0011754652F, 0.0007982106F, 0.0005170961F, 0.0003256189F, 0.00020157517F, 0.00012359933F,
     7.5335374e-05F, 4.3195323e-05F, 1.5824273e-05F, 5.7781613e-06F, 2.3561674e-06F,
     7.690537e-07F, -9.904197e-09F, 1.8674688e-08F, -5.8837728e-08F},
    {-7.8851174e-09F, 0, 6.520783e-05F, 0.00024555108F, 0.00039432387F, 0.0005160707F,
     0.0006152988F, 0.000667566F, 0.0006874952F, 0.00061503064F, 0.0004800382F, 0.00031334246F,
     0.00016894612F, 6.0390827e-05F, -3.0489444e-05F, -7.556565e-05F, -0.00010108593F,
     -9.3964474e-05F, -7.0592716e-05F, -4.84065e-05F, -3.145136e-05F, -1.980596e-05F,
     -1.2284612e-05F, -7.5419307e-06F, -3.6045872e-06F, -1.323645e-06F, -4.835017e-07F,
     -2.50741e-07F, -6.44327e-08F, 6.382428e-08F, 1.6572546e-08F, 2.5776343e-08F}}};

/// tanh, absolute error 1.4e-7 up to 7.625; 2.4e-7 less than 1 from there on.
alignas(64) inline constexpr binary_pieces<2> tanh_pieces_fast{{
    {0, 0.24491864F, 0.46211714F, 0.63514894F, 0.7615942F, 0.84828365F, 0.90514827F, 0.94137555F,
     0.9640276F, 0.9780261F, 0.9866143F, 0.99185973F, 0.9950548F, 0.99699765F, 0.9981779F,
     0.99889445F, 0.9993293F, 0.99959314F, 0.99975324F, 0.99985033F, 0.9999092F, 0.9999449F,
     0.9999666F, 0.99997973F, 0.9999877F, 0.99999255F, 0.99999547F, 0.99999726F, 0.99999833F,
     0.999999F, 0.9999994F, 0.99999976F},
    {1.0F, 0.94000936F, 0.78644955F, 0.5965905F, 0.41997764F, 0.28041625F, 0.18070664F,
     0.1138121F, 0.07065051F, 0.043464918F, 0.026592212F, 0.016214287F, 0.009866037F,
     0.0059957146F, 0.0036408848F, 0.0022098923F, 0.0013409478F, 0.00081354234F, 0.0004935155F,
     0.0002993613F, 0.0001815825F, 0.00011013939F, 6.680429e-05F, 4.0519386e-05F, 2.4576446e-05F,
     1.490644e-05F, 9.0412395e-06F, 5.4838133e-06F, 3.3260956e-06F, 2.0173802e-06F,
     1.2236035e-06F, 0},
    {7.871937e-05F, -0.2302131F, -0.36341962F, -0.37891904F, -0.3198563F, -0.23787512F,
     -0.16357073F, -0.107143104F, -0.06810991F, -0.04250339F, -0.026234047F, -0.016084498F,
     -0.009829906F, -0.005986438F, -0.003628878F, -0.002212339F, -0.0013543982F, -0.00080961554F,
     -0.0005064184F, -0.00031198733F, -0.00019055241F, -0.0001084759F, -7.900323e-05F,
     -3.7702004e-05F, -2.950462e-05F, -1.6264048e-05F, -4.3581604e-06F, -5.5338387e-06F,
     -3.6961924e-07F, 2.8989066e-07F, -9.15484e-06F, 0},
    {-0.3363273F, -0.2555434F, -0.094707936F, 0.04057612F, 0.10271874F, 0.107941076F,
     0.087780915F, 0.06297111F, 0.04219843F, 0.027140481F, 0.01706092F, 0.010571698F,
     0.0064905616F, 0.003969927F, 0.0024180445F, 0.001472141F, 0.00089474063F, 0.0005431229F,
     0.00032978892F, 0.00020011025F, 0.00012140251F, 7.363649e-05F, 4.4673165e-05F,
     2.7096527e-05F, 1.6435633e-05F, 9.968918e-06F, 6.0465095e-06F, 3.6661527e-06F,
     2.2244194e-06F, 1.3491858e-06F, 8.1832064e-07F, 0},
    {0.035412323F, 0.13777645F, 0.16325203F, 0.09965818F, 0.028324954F, -0.01214412F,
     -0.024627512F, -0.023346191F, -0.017871859F, -0.012665379F, -0.008155382F, -0.005006601F,
     -0.0024426037F, -0.0014305046F, -0.0015163051F, -0.00042664167F, 0.0004617736F,
     -0.0004973943F, 0.000660636F, 0.00070309715F, 0.0005089066F, -0.00014174501F,
     0.00074659294F, -0.0001920686F, 0.00030237884F, 8.057912e-05F, -0.00029814997F,
     1.3311484e-06F, -0.00018743044F, -0.00014607988F, 0.00049942255F, 0}}};

/// erf, relative error 2e-8.
alignas(64) inline constexpr odd_pieces erf_pieces{0.126953125F, 3.93F, {
    {0, 0.142485365F, 0.28046301F, 0.409848481F, 0.527338505F, 0.630651355F, 0.718623817F,
     0.791163743F, 0.849086046F, 0.893873155F, 0.927408159F, 0.951723576F, 0.968796372F,
     0.980404556F, 0.988047481F, 0.992920518F, 0.995929182F, 0.99772799F, 0.998769462F, 0.99935329F,
     0.999670327F, 0.999836981F, 0.999921799F, 0.999963641F, 0.999983609F, 0.999992847F,
     0.99999696F, 0.999998748F, 0.999999523F, 0.999999821F, 0.99999994F, 1.0F},
    {0.128379166F, 0.110338278F, 0.0579293482F, -0.023979472F, -0.128109336F, -0.245835826F,
     -0.368358433F, -0.48775664F, -0.597762227F, -0.694162846F, -0.774836242F, -0.83948797F,
     -0.889205635F, -0.925949454F, -0.952077448F, -0.969970167F, -0.981779277F, -0.989295185F,
     -0.993910313F, -0.996645629F, -0.998210907F, -0.999076068F, -0.999538004F, -0.999776304F,
     -0.999895096F, -0.999952376F, -0.999979079F, -0.999991119F, -0.999996305F, -0.99999851F,
     -0.999999464F, -0.999994338F},
    {5.42116186e-06F, -0.140952483F, -0.268613815F, -0.371703088F, -0.44280237F, -0.478686005F,
     -0.48114109F, -0.45523712F, -0.408533067F, -0.349464178F, -0.28586936F, -0.224142298F,
     -0.168825865F, -0.122262612F, -0.0851362124F, -0.0571750663F, -0.0370104015F, -0.023102019F,
     -0.013969359F, -0.00804624427F, -0.00458169263F, -0.0025067348F, -0.00128564436F,
     -0.000678975135F, -0.000344608969F, -0.000191617888F, -7.1854658e-05F, -2.75272541e-05F,
     -5.3559208e-05F, -3.1053718e-05F, -2.55732084e-05F, 0.000320710446F},
    {-0.376636028F, -0.357678682F, -0.306801081F, -0.230824888F, -0.140765652F, -0.0488554612F,
     0.033582259F, 0.0987307802F, 0.14228791F, 0.164046183F, 0.166741639F, 0.155097693F,
     0.134445429F, 0.109791473F, 0.0849839821F, 0.0626125485F, 0.0440990478F, 0.0297245383F,
     0.0192069355F, 0.0119204735F, 0.00709725125F, 0.00408718083F, 0.00226760935F, 0.00120623177F,
     0.000608387461F, 0.000301728956F, 0.000149253348F, 7.88447724e-05F, 2.15679866e-05F,
     3.52726033e-06F, 1.74312463e-05F, 0.00702532381F},
    {0.0137784174F, 0.0675900578F, 0.127888024F, 0.162600189F, 0.193559527F, 0.168223783F,
     0.148876548F, 0.111934081F, 0.0657073483F, 0.0270682294F, -0.00710291788F, -0.035594292F,
     -0.0369353555F, -0.0374447443F, -0.0565532073F, -0.0427921899F, -0.0324752629F, -0.0245574526F,
     -0.00420279382F, -0.0226426851F, 0.00191579631F, 0.00608734461F, -0.00386351463F,
     0.00481002592F, 0.00527571561F, 0.00953330379F, 0.000445787358F, -0.000773549022F,
     0.00990451407F, 0.00625241315F, 0.00568187656F, 0.0508132204F}}};

}  // namespace etch::simd::detail
