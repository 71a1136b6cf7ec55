id: 00f3a9c01d7e3b86:17
data: {"topic":"match/2026-ENG-ARS","epoch":"00f3a9c01d7e3b86","offset":17,"time":{"origin":1767000000000001,"home":1767000000000002,"edge":1767000000000003,"gateway":1767000000000004},"gap":"history","transaction":"tx-9\n\u0022\u00E9","state":{"score":"1-0","note":"naïve \"quote\""}}

