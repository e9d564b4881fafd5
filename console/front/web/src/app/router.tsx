import { createBrowserRouter, Navigate } from 'react-router'
import { Fallen } from './fallen'
import { Frame } from './frame'
import { Home, Lost, Page } from './page'
import { routes } from './routes'

export const router = createBrowserRouter([
  {
    element: <Frame />,
    errorElement: <Fallen />,
    children: [
      { index: true, element: <Home /> },
      ...routes.map((route) => ({ path: route.path, element: <Page key={route.path} route={route} />, errorElement: <Fallen /> })),
      { path: '/sign-in', element: <Navigate to="/" replace /> },
      { path: '*', element: <Lost /> },
    ],
  },
])
