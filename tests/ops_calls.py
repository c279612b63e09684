# ruff: noqa: E501 - a table has one line for one thing
"""Calls of NumPy's functions, written once and run with NumPy and with minigraph."""

from __future__ import annotations

import numpy as np
from ops_cases import floats, signs, spd, square, symmetric

VALUES = {
    "s": 0.7, "t": -0.4, "x": signs(2, 3), "y": signs(2, 3, seed=1), "z": signs(2, 3, 4),
    "p": floats(2, 3), "q": floats(2, 3, seed=2) + 0.8, "u": signs(3), "v": signs(3, seed=1),
    "w": floats(4), "a": square(3), "b": np.stack([square(3), square(3, 1)]), "e": spd(3),
    "h": symmetric(3), "c": signs(3, 3, seed=2), "o": signs(1, 3), "r": signs(2, 1),
    "k": np.sort(floats(5, low=-1.0, high=1.0)),
}  # fmt: skip
PLAIN = {
    "i": np.array([[0, 2], [1, 1]]), "j": np.array([2, 0, 0]), "mask": np.array([True, False, True]),
    "masks": np.array([[True, False, True], [False, True, True]]),
    "gaps": np.array([[0.3, np.nan, 0.2], [0.1, 0.5, np.nan]]), "n": np.array([3, 1, 2]),
    "inf": np.inf, "nan": np.nan,
}  # fmt: skip

# Each line is a topic; calls are separated by semicolons.
CALLS = """
add(x, y); subtract(x, u); multiply(x, 2.0); divide(x, q); true_divide(x, 3); power(p, 2); power(p, y)
pow(p, 3); float_power(p, 2.5); mod(q, 0.35); remainder(x, q); fmod(x, q); floor_divide(x, q); divmod(x, q)
negative(x); positive(x); absolute(x); abs(x); fabs(x); sign(x); square(x); sqrt(p); cbrt(q); reciprocal(q)
exp(x); exp2(x); expm1(x); log(p); log2(p); log10(p); log1p(x); logaddexp(x, y); logaddexp2(x, u)
sin(x); cos(x); tan(x); arcsin(x); arccos(x); arctan(x); arctan2(x, y); hypot(x, y); sinc(x); sinc(s)
asin(x); acos(x); atan(x); atan2(x, y); asinh(x); acosh(q + 1); atanh(x)
sinh(x); cosh(x); tanh(x); arcsinh(x); arccosh(q + 1.0); arctanh(x); deg2rad(x); rad2deg(x); degrees(x); radians(x)
maximum(x, y); minimum(x, 0.1); fmax(x, y); fmin(x, y); heaviside(x, 0.5); copysign(p, x); ldexp(x, 2)
floor(x); ceil(x); trunc(x); rint(x); fix(x); round(x, 1); around(x, 2); modf(q); signbit(x); nan_to_num(gaps)
conj(x); conjugate(x); real(x); imag(x); isclose(x, y); allclose(x, x); array_equal(x, y); array_equal(x, x)
greater(x, y); less(x, y); equal(x, x); not_equal(x, y); greater_equal(x, 0.0); less_equal(x, 0.0)
logical_and(x, y); logical_or(x, y); logical_xor(x, y); logical_not(x); isnan(gaps); isinf(x); isfinite(gaps)
bitwise_and(n, 1); bitwise_or(n, n); bitwise_xor(n, n); invert(n); bitwise_not(n); left_shift(n, n)
right_shift(n, n); gcd(n, n); lcm(n, n); bitwise_invert(n); bitwise_left_shift(n, n); bitwise_right_shift(n, n)
clip(x, -0.3, 0.4); clip(x, None, 0.4); clip(x, a_min=-0.3, a_max=None); clip(x, min=0.1); clip(x, None, None)
where(x > 0, x, y); where(masks, x, 0.0); where(mask, u, s); select([x > 0.3, x > 0], [x, y], 0.5)
piecewise(x, [x < 0, x >= 0], [lambda z: -z, lambda z: z * z]); choose(i, [s, t, 0.5]); nonzero(x); where(x > 0)
sum(x); sum(x, 0); sum(x, axis=(0, 1)); sum(x, axis=-1, keepdims=True); sum(s); sum(masks); sum(n); sum(x, axis=())
sum(x, initial=2.0); sum(x, where=masks); sum(x, axis=1, where=mask); sum(x, dtype=float); sum(z, axis=(0, 2))
prod(x); prod(x, axis=1); prod(x, 1, None, None, True); prod(x, initial=2.0, where=masks); max(x, axis=0)
max(x); amax(x, 1); max(x, axis=0, initial=0.1); max(x, where=masks, initial=-1.0); min(x); amin(x, axis=1, keepdims=True)
min(x, axis=0, initial=0.1); mean(x); mean(x, 0); mean(n); mean(x, axis=1, where=masks); mean(x, axis=1, keepdims=True)
var(x); var(x, axis=0); var(x, axis=1, ddof=1); var(x, keepdims=True, axis=1); var(x, axis=1, where=masks); var(n)
std(x); std(x, axis=1); std(x, ddof=1); std(x, axis=0, keepdims=True); std(x, correction=1); ptp(x, axis=1); ptp(x)
average(x); average(x, axis=1, weights=v); average(x, weights=p); average(x, axis=0, weights=p[:, 0], returned=True)
median(x); median(x, axis=1); median(w); median(z, axis=(0, 2)); median(x, axis=0, keepdims=True)
quantile(x, 0.3); quantile(x, [0.1, 0.8], axis=1); percentile(x, 30.0); percentile(z, [10, 90], axis=(0, 1), keepdims=True)
quantile(w, 0.4, method='lower'); quantile(x, [0.2, 0.5], axis=1, method='higher'); quantile(k, 0.6, method='nearest'); quantile(k, [[0.3, 0.5]], method='midpoint')
quantile(w, [0.25, 0.3], method='inverted_cdf'); quantile(w, [0.0, 0.25, 0.3, 1.0], method='averaged_inverted_cdf'); quantile(k, [0.1, 0.3, 0.5, 0.7], method='closest_observation')
quantile(w, [0.1, 0.3], method='interpolated_inverted_cdf'); quantile(w, 0.3, method='hazen'); percentile(w, 33, method='weibull'); quantile(w, 0.3, method='median_unbiased')
quantile(z, 0.9, axis=(0, 2), method='normal_unbiased', keepdims=True); nanquantile(gaps, 0.3, axis=1); nanquantile(z, [0.3, 0.9], axis=0); nanpercentile(gaps, [10, 60], axis=0, keepdims=True)
nanmedian(gaps, axis=1); nanmedian(x); nanargmax(gaps, axis=1); nanargmin(gaps); nansum(gaps, axis=0); nanmean(gaps); nanmean(gaps, axis=1, where=masks); nansum(gaps, initial=1.0); nanmean(x, axis=1); nanvar(gaps, axis=1); nanstd(gaps); nanmax(gaps, axis=0)
nanmin(gaps); nanprod(gaps, axis=1); nansum(x); nanstd(x, axis=0); nanmax(x); nanmin(x, axis=1); nanprod(x); nanvar(x)
all(x); any(x, axis=1); all(masks, axis=0, keepdims=True); count_nonzero(masks); count_nonzero(x, axis=0)
argmax(x); argmax(x, axis=1); argmin(x, axis=0, keepdims=True); argsort(x); argsort(x, axis=0); argsort(x, axis=None)
cumsum(x); cumsum(x, axis=1); cumprod(x); cumprod(x, axis=0); cumsum(s); diff(x); diff(x, n=2, axis=1); diff(x, axis=0)
diff(u, prepend=0.0, append=v); diff(u, 0, prepend=v); ediff1d(x); ediff1d(u, to_end=s); trapezoid(x); trapezoid(x, dx=0.3, axis=0); trapezoid(x, u); trapezoid(u, x); trapezoid(x, b[:, :1])
interp(x, k, w[[0, 1, 2, 3, 0]]); interp(x * 3.0, k, k * k, 0.1, 0.2); gradient(u); gradient(x, 0.3, axis=1); gradient(x)
convolve(u, w); convolve(w, u, 'same'); convolve(u, w, 'valid'); correlate(u, w); correlate(w, u, 'same')
correlate(u, w, 'full'); correlate(u, w, 'same'); correlate(k, w, 'same'); correlate(w, k, 'same'); convolve(w, k, 'same')
polyval(u, x); real_if_close(x); digitize(x, np.array([-0.5, 0.2])); unwrap(x * 9.0); unwrap(z * 20.0, axis=0); nancumsum(gaps); nancumprod(x, axis=1);
cov(x); cov(x, y); cov(x, aweights=p[0]); cov(x, fweights=n, aweights=p[1], ddof=0); cov(u); cov(z[0], rowvar=False, ddof=0); corrcoef(x); cumulative_sum(u); cumulative_prod(x, axis=1, include_initial=True);
matvec(b, u); vecmat(u, b); insert(x, 1, s, axis=1); insert(u, 0, 0.5); unstack(x); unstack(x, axis=1); argpartition(u, 1); i0(x); searchsorted(k, x); argwhere(x); flatnonzero(x)
sort(x); sort(x, axis=0); sort(x, axis=None); partition(w, 3); take(x, [0, 2], axis=1); take(x, i); take(x, 4, mode='wrap')
take(x, 7, mode='wrap'); take(u, -5, mode='clip'); take(z, i, 1); take(u, masks); take(x, mask, 1); take(u, True); take(w, masks, mode='wrap'); x.take(mask); bincount(mask); take_along_axis(x, i, axis=1); take_along_axis(x, j, None)
compress(mask, x, axis=1); extract(masks, x); delete(x, 1, axis=1); delete(x, [0, 1]); resize(x, (3, 3))
reshape(x, (3, 2)); reshape(x, -1); reshape(x, (3, 2), order='F'); reshape(z, (4, -1), 'F'); ravel(x); ravel(x, 'F'); ravel(s)
transpose(x); transpose(z, (1, 2, 0)); transpose(z, axes=(-1, 0, 1)); permute_dims(z, (1, 2, 0)); matrix_transpose(z)
moveaxis(z, 0, -1); moveaxis(z, [0, 1], [2, 0]); rollaxis(z, 2); swapaxes(z, 0, 2); squeeze(o); squeeze(o, 0); squeeze(o, axis=(0,))
expand_dims(x, 1); expand_dims(x, axis=(0, 3)); atleast_1d(s); atleast_2d(u); atleast_3d(x); atleast_1d(s, u); atleast_3d(u)
broadcast_to(u, (2, 3)); broadcast_to(s, (2,)); broadcast_arrays(x, u, s); flip(x); flip(x, 1); flip(x, (0, 1)); fliplr(x); flipud(x)
roll(x, 1); roll(x, (1, 2), axis=(0, 1)); roll(x, -1, axis=1); rot90(x); rot90(z, 3, axes=(1, 2)); repeat(x, 2); repeat(x, [1, 2], axis=0)
repeat(s, 3); tile(x, 2); tile(x, (2, 1, 2)); pad(x, 1); pad(x, ((0, 1), (2, 0)), constant_values=0.5); pad(x, 1, mode='edge')
pad(x, ((1, 1), (0, 2)), 'reflect'); pad(x, 1, 'symmetric'); pad(u, 2, 'wrap'); pad(x, ((1, 0), (0, 0)), 'constant')
pad(x, ((1, 2), (0, 3)), 'linear_ramp', end_values=0.3); pad(x, 2, 'mean'); pad(x, ((1, 0), (2, 1)), 'maximum', stat_length=2); pad(x, (1, 2), 'minimum'); pad(k, 2, 'median', stat_length=3)
pad(x, ((1, 2), (3, 4)), constant_values=((0.1, 0.2), (0.3, 0.4))); pad(z, 1, 'linear_ramp'); pad(n, 2, 'mean'); pad(u, (2, 0), constant_values=s); pad(x, 0)
block([x, x]); block([[a, c], [x, y]]); block([u, s, 2.0]); block([[u], [v]]); block([[[z]], [[z]]]); block(x)
logspace(s, t, 3); logspace(u, v, 3, base=2.0, axis=1); geomspace(s, 2.0, 4); geomspace(p, q, 3, endpoint=False); geomspace(p, q, 3, axis=-1)
unique(x); unique(n[j]); unique(x, axis=None, equal_nan=True, return_index=False); array_equiv(x, x[:1]); array_equiv(u, u[None]); array_equiv(u, w); isin(x, u); isin(n, [1, 5], invert=True); isposinf(x); isneginf(gaps); isreal(x); iscomplex(x)
interp(x * 9.0, k, w[[0, 1, 2, 3, 0]], period=1.7); insert(x, [0, 2], s, axis=1); insert(x, 1, [[s], [t]], axis=1); insert(u, [2, 0, 0], v); insert(x, 1, u, axis=0); insert(w, slice(0, 2), 0.5)
insert(x, 0, x, axis=0); insert(x, -1, 0.5); poly(u); polyadd(u, w); polysub(w, u); polyadd(x, y); polysub(x, y[:, :1]); polyadd(c, s); polysub(r, [0.5, 1.5]); polyval(x, u); polymul(u, w); polyder(w); polyder(w, 2); polyint(w); polyint(w, 2, [s, t]); polyfit(k, w[[0, 1, 2, 3, 0]], 2); polyfit(k, x.T[[0, 1, 2, 0, 1]] * 1.5, 1)
polyfit(k, k * k, 1, w=p.ravel()[:5]); bincount(j); bincount(j, weights=u); bincount(n, minlength=6)
gradient(w, 0.5, edge_order=2); gradient(x, u, axis=1); gradient(x.T @ x, [0.0, 0.5, 2.0], 0.3, edge_order=2); gradient(z, 0.2, u + 0.0, w.cumsum()); gradient(z, 2.0, edge_order=1, axis=(1, 2)); gradient(x, axis=0)
concatenate([x, y]); concatenate((x, y), axis=1); concatenate([x, y], axis=None); concat([x, o]); concatenate(z); stack([x, y]); stack([x, y], axis=-1)
stack([s, t, 0.5]); vstack([u, x]); hstack([x, r]); hstack([u, w]); hstack([s, u]); dstack([x, y]); dstack([u, v]); column_stack([u, v])
append(x, y); append(x, y, axis=0); split(x, 3, axis=1); split(w, 2); split(w, [1, 3]); array_split(w, 3); array_split(z, [1], axis=2)
hsplit(x, 3); vsplit(x, 2); dsplit(z, 2); hsplit(w, 2); array_split(w, [3, 1])
dot(u, v); dot(x, a); dot(s, x); dot(x, u); dot(z, b[0][:, :1].repeat(4, 0)[:4]); dot(c, b); inner(u, v); inner(x, c); inner(s, u); vdot(x, y)
outer(u, w); outer(x, u); matmul(x, a); matmul(u, v); matmul(b, u); matmul(u, b); x @ a; tensordot(x, a, 1); tensordot(z, x, ([1, 0], [1, 0]))
tensordot(x, y); tensordot(u, w, 0); tensordot(z, u, axes=(1, 0)); kron(x, a); kron(u, x); kron(s, u); cross(u, v); cross(x, y); cross(c, u, axisa=0)
cross(c, c + 1.0, axis=0); vecdot(x, y); vecdot(a, u); vecdot(mask, mask); vecdot(masks, mask); vecdot(n.astype('int8') * 40, n.astype('int8')); vecdot(n, mask); trace(a); trace(c, 1); trace(z, axis1=1, axis2=2); trace(b, 0, 1, 2)
einsum('ij,jk', x, a); einsum('ij->ji', x); einsum('ii', a); einsum('ii->i', a); einsum('...ij,jk->...ik', b, a); einsum('i,i', u, v)
einsum('ij,ik->jk', x, y); einsum('...,...', x, y); einsum('...i->...', z); einsum(x, [0, 1], a, [1, 2], [0, 2]); einsum(x, [0, 1], a, [1, 2])
einsum('ij, jk, k -> i', x, a, u); einsum('i...->...', z); einsum('iij->j', b[:, :2]); einsum('ij,j', x, u, optimize=True); einsum('...i,i...', c, a)
einsum('ba', x); einsum(',', s, t); einsum('ijk,ijk->', z, z); einsum(x, [Ellipsis, 1], u, [1], [Ellipsis])
diag(a); diag(u); diag(u, 1); diag(c, -1); diagflat(r); diagonal(a); diagonal(c, 1); diagonal(z, 0, 1, 2); tril(c); triu(c, 1); tril(b, -1); triu(u)
vander(u); vander(u, 2, increasing=True); linspace(s, 1.5, 4); linspace(u, v, 3); linspace(s, t, 4, endpoint=False); linspace(u, v, 3, axis=1)
linspace(s, t, 5, retstep=True); linspace(s, t, 1); full((2, 3), s); full((2, 3), u); full_like(x, s); zeros_like(x); ones_like(x, dtype=int); meshgrid(u, w)
meshgrid(u, w, indexing='ij'); meshgrid(u, v, w); meshgrid(u, w, sparse=True); empty_like(x) * 0.0; array(x); copy(x); array([s, t]); array([[s, t], [t, 2.0]])
astype(x, float); shape(x); ndim(x); size(x); size(x, 1); iscomplexobj(x); isrealobj(x); arange(3); eye(2); zeros((2, 3)); ones(2); identity(2)
tri(3); indices((2, 2))
linalg.norm(x); linalg.vector_norm(x); linalg.vector_norm(z, axis=(0, 2), ord=3, keepdims=True); linalg.vector_norm(x, axis=1, ord=1);
linalg.matrix_norm(z); linalg.norm(z, 2, (-1, -2), keepdims=True); linalg.norm(z, 1, (-1, 0)); linalg.matrix_norm(c, ord='nuc', keepdims=True); linalg.norm(u); linalg.norm(u, 3); linalg.norm(u, inf); linalg.norm(u, -inf); linalg.norm(u, 1); linalg.norm(u, 0); linalg.norm(u, 2.5)
linalg.norm(c, 'fro'); linalg.norm(c, 'nuc'); linalg.norm(c, 2); linalg.norm(c, -2); linalg.norm(c, 1); linalg.norm(c, -1); linalg.norm(c, inf)
linalg.norm(c, -inf); linalg.norm(x, axis=1); linalg.norm(x, 3, axis=0, keepdims=True); linalg.norm(z, axis=(0, 2)); linalg.norm(z, 'nuc', axis=(0, 1))
linalg.norm(z, 1, axis=(2, 0), keepdims=True); linalg.norm(z, -2, (1, 2)); linalg.norm(z); linalg.norm(n); linalg.norm(c, ord=2, keepdims=True)
linalg.norm(z, 2, axis=(0, 2), keepdims=True); linalg.norm(x, keepdims=True); linalg.norm(u, -1.5)
linalg.inv(a); linalg.inv(b); linalg.solve(a, u); linalg.solve(a, c); linalg.solve(b, c); linalg.solve(b, u); linalg.det(a); linalg.det(b); linalg.slogdet(a)
linalg.slogdet(b); linalg.cholesky(e); linalg.cholesky(e, upper=True); linalg.eigvalsh(h); linalg.eigh(h); linalg.eigh(h, 'U'); linalg.eigvalsh(h, UPLO='U')
linalg.svd(c); linalg.svd(x, full_matrices=False); linalg.svd(x.T, False); linalg.svd(x, compute_uv=False); linalg.svdvals(b); linalg.qr(a); linalg.qr(x.T)
linalg.qr(a, mode='r'); linalg.pinv(x); linalg.pinv(a); linalg.pinv(b); linalg.matrix_power(a, 3); linalg.matrix_power(a, -2); linalg.matrix_power(a, 0)
linalg.matrix_power(b, 5); linalg.multi_dot([x, a, u]); linalg.cond(a); linalg.matrix_rank(a); linalg.trace(z); linalg.trace(b, offset=1); linalg.diagonal(z); linalg.diagonal(b, offset=-1); linalg.cross(x, y); linalg.matmul(x, a); linalg.outer(u, v)
linalg.tensordot(x, a, axes=1); linalg.tensorinv(z[:, :, :].reshape(4, 6, 1)[:, :4, :].repeat(1, 2) + np.eye(4)[:, :, None], ind=1); linalg.tensorsolve(np.eye(6).reshape(2, 3, 6) + 0.1, x)
linalg.qr(x); linalg.qr(x, 'r'); linalg.qr(z); linalg.qr(x, 'complete'); linalg.lstsq(x.T, u); linalg.lstsq(x.T, a); linalg.lstsq(x, s * x[:, 0]); linalg.lstsq(a, u)
linalg.pinv(a, 0.6); linalg.pinv(h, hermitian=True); linalg.svd(e, hermitian=True); linalg.svd(x); linalg.svd(x.T); linalg.qr(x.T, 'complete'); linalg.svd(z[:, :, :2]); linalg.cond(a, 1); linalg.cond(a, 'fro'); linalg.cond(b, inf); linalg.cond(a, -2); linalg.cond(b, 2); linalg.matrix_transpose(z); linalg.vecdot(x, y)
x + y; x - 1; 2 * x; x / q; 1 / q; x ** 2; p ** y; 2.0 ** x; -x; +x; abs(x); x % q; q // 0.3; x @ u; u @ c; x.T; x[0]; x[:, 1]; x[..., None]; u[i]
x[masks]; x[:, mask]; z[:, [0, 1], [2, 3]]; z[[0, 1], :, [2, 3]]; z[0, :, i]; x[::-1, 1:]; x[None]; u[j]; u[-1]; x[[True, False]]; x[1, 2]; x[[0, 1], [2, 2]]
z[..., 1]; z[0, ..., [1, 1]]; x[()]; u[[]]; x[0:0]; x[j[1:], n[:2] - 1]; divmod(q, 0.3); z[:, None, [0, 2]]
x.sum(); x.sum(axis=1); x.mean(0); x.max(axis=1); x.min(); x.prod(); x.var(ddof=1); x.std(axis=0); x.reshape(3, 2); x.reshape((3, 2)); x.reshape(-1)
x.transpose(); z.transpose(1, 2, 0); z.transpose((2, 0, 1)); x.ravel(); x.flatten(); o.squeeze(); x.dot(a); x.clip(-0.3, 0.3); x.round(1); x.cumsum()
x.cumprod(axis=1); x.argmax(); x.argsort(axis=0); x.astype(int); x.all(); x.any(axis=0); x.swapaxes(0, 1); x.take(i); x.repeat(2, axis=1); a.trace(); c.diagonal(1)
x.conj(); x.copy(); x.nonzero(); u.searchsorted(0.1); x.real; z.mT; x.compress(mask, axis=1)
add.reduce(x); add.reduce(x, axis=1); multiply.reduce(x); maximum.reduce(x, axis=1); add.accumulate(x); add.outer(u, w); multiply.outer(x, u); minimum.reduce(x); logaddexp.reduce(x, axis=1)
"""
EACH = list(
    dict.fromkeys(call.strip() for call in CALLS.replace("\n", ";").split(";") if call.strip())
)
