// The engine's draws for people, and the quantiles of the standard normal distribution.

/** Return a uniform number in (0, 1) for a person: draws.uniforms of a part of the model. */
function uniformOf([key0, key1], person) {
  const [high, low] = kernel.threefry(key0, key1, person, 0);
  return (high * 2 ** 21 + (low >>> 11) + 0.5) * 2 ** -53;
}

// Coefficients of Cephes' ndtri, which scipy uses too (Moshier 1989): the middle, and two parts of the tails.
const MIDDLE = [
  [-59.9633501014107895267, 98.0010754185999661536, -56.6762857469070293439, 13.9312609387279679503, -1.23916583867381258016],
  [1, 1.95448858338141759834, 4.67627912898881538453, 86.3602421390890590575, -225.462687854119370527, 200.260212380060660359,
    -82.0372256168333339912, 15.9056225126211695515, -1.18331621121330003142],
];
const TAILS = [[
  [4.05544892305962419923, 31.5251094599893866154, 57.1628192246421288162, 44.0805073893200834700, 14.6849561928858024014,
    2.18663306850790267539, -0.140256079171354495875, -0.0350424626827848203418, -8.57456785154685413611e-4],
  [1, 15.7799883256466749731, 45.3907635128879210584, 41.3172038254672030440, 15.0425385692907503408, 2.50464946208309415979,
    -0.142182922854787788574, -0.0380806407691578277194, -9.33259480895457427372e-4],
], [
  [3.23774891776946035970, 6.91522889068984211695, 3.93881025292474443415, 1.33303460815807542389, 0.201485389549179081538,
    0.0123716634817820021358, 3.01581553508235416007e-4, 2.65806974686737550832e-6, 6.23974539184983293730e-9],
  [1, 6.02427039364742014255, 3.67983563856160859403, 1.37702099489081330271, 0.216236993594496635890, 0.0134204006088543189037,
    3.28014464682127739104e-4, 2.89247864745380683936e-6, 6.79019408009981274425e-9],
]];
const polynomial = (coefficients, x) => coefficients.reduce((sum, c) => sum * x + c, 0);

/** Return where the standard normal distribution has this share below it. */
function quantile(share) {
  const outer = Math.exp(-2), upper = share > 1 - outer, y = upper ? 1 - share : share;
  if (y > outer) {
    const z = y - 0.5, square = z * z;
    return (z + z * square * polynomial(MIDDLE[0], square) / polynomial(MIDDLE[1], square)) * Math.sqrt(2 * Math.PI);
  }
  const x = Math.sqrt(-2 * Math.log(y)), z = 1 / x, [over, under] = TAILS[x < 8 ? 0 : 1];
  const found = x - Math.log(x) / x - z * polynomial(over, z) / polynomial(under, z);
  return upper ? found : -found;
}
